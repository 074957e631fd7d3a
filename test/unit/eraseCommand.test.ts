/** `sendproof erase` before an API of the test: what it asks for, of whom, and what it says. */
import { beforeEach, describe, expect, it } from 'vitest';
import { answerCommands } from './answeringServer.js';
import { runSendproof, type CommandOptions } from '../sendproofCommand.js';

const KEY = 'build/42 done';
const POSTED = 'The posts at its destinations.';

const environment = answerCommands((request, response) => {
  requests.push(`${request.method} ${request.url}`);
  response
    .writeHead(answer.status, { 'content-type': 'application/json' })
    .end(JSON.stringify(answer.body));
});
const requests: string[] = [];
let answer: { status: number; body: object };

beforeEach(() => {
  requests.length = 0;
  const body = { deduplicationKey: KEY, at: '2026-11-26T12:00:00Z', remains: [POSTED] };
  answer = { status: 200, body };
});

const erase = (args: string[], options: CommandOptions = {}) =>
  runSendproof(['erase', KEY, ...args], { environment, ...options });

describe('sendproof erase', () => {
  it.each([
    [['--yes'], 'content', 'its content is erased since 12:00:00 (3 min ago)'],
    [['--yes', '--all'], 'all', 'is deleted; its key is free again'],
  ])('with %j erases %s, and says what may remain', async (args, what, said) => {
    const now = new Date('2026-11-26T12:03:00Z');
    const run = await erase([...args, '--by', 'ana & bo', '--reason', 'asked for'], { now });
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain(said);
    expect(run.stdout).toContain(`- ${POSTED}`);
    const [asked = ''] = requests;
    const { pathname, searchParams } = new URL(asked.replace('DELETE ', ''), 'http://any');
    expect(pathname).toBe(`/v1/messages/${encodeURIComponent(KEY)}`);
    expect(Object.fromEntries(searchParams)).toEqual({
      erase: what,
      by: 'ana & bo',
      reason: 'asked for',
    });
  });

  it('asks the person at the terminal, and erases nothing unless that is confirmed', async () => {
    const refused = await erase([], { interactive: true, stdin: 'n\n' });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(`Erase the content of ${KEY}, for good?`);
    expect(refused.stderr).toContain('Nothing was erased.');
    expect(requests).toEqual([]);
    expect((await erase(['--all'], { interactive: true, stdin: 'y\n' })).exitCode).toBe(0);
    expect(requests).toHaveLength(1);
  });

  it('erases nothing where nobody can be asked', async () => {
    const { exitCode, stderr } = await erase([]);
    expect([exitCode, requests]).toEqual([2, []]);
    expect(stderr).toContain('--yes');
  });

  it('says why the API refuses', async () => {
    const detail = 'The message is delivering, and its content may still be posted.';
    answer = { status: 409, body: { type: 'not_ended', title: 'Not ended', detail } };
    const { exitCode, stderr } = await erase(['--yes']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(detail);
  });
});
