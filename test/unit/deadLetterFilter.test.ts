/** Which dead letters `--failure-reason`, `--reason` and the old forms mean. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runSendproof, type CommandRun } from '../sendproofCommand.js';

/** The newest dead letter of each destination. */
const COUNTED = ['2026-11-26T10:00:00.250Z', '2026-11-26T09:00:00.000Z'];
const requests: { path: string; body: string }[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    requests.push({ path: request.url ?? '', body });
    const { pathname } = new URL(request.url ?? '', 'http://localhost');
    const answer: Record<string, object> = {
      '/v1/dead-letters': { messages: [] },
      '/v1/dead-letters/summary': { deadLetters: 0, destinations: [] },
      '/v1/messages/alert-5': { type: 'not_found', title: 'Not found', status: 404, detail: 'No.' },
      '/v1/messages/alert-5/timeline': {
        deduplicationKey: 'alert-5',
        known: false,
        explanation: 'Never received. Similar key: “alert-55”.',
        entries: [],
      },
    };
    const destinations = COUNTED.map((newest, index) => ({
      ...{ destination: `slack:default/C${index}`, count: 1, oldest: newest, newest, reasons: [] },
    }));
    const counted = { action: 'retry', deadLetters: 2, destinations, id: 'd-1' };
    response
      .writeHead(pathname === '/v1/messages/alert-5' ? 404 : 200, {
        'content-type': 'application/json',
      })
      .end(JSON.stringify(answer[pathname] ?? counted));
  });
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => void requests.splice(0));

async function sendproof(...words: string[]): Promise<CommandRun> {
  return await runWith({ interactive: false }, words);
}

async function runWith(
  { interactive }: { interactive: boolean },
  words: string[],
): Promise<CommandRun> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return await runSendproof([...words, '--api-url', url], { stdin: 'y\n', interactive });
}

/** What the decision itself was sent with, after the count. */
function decision(): { filter: object; reason: string } {
  return JSON.parse(requests.at(-1)?.body ?? '{}') as { filter: object; reason: string };
}

const decide = (...options: string[]) =>
  sendproof('dead-letters', 'retry', '--yes', '--no-wait', ...options);

describe('a decision on dead letters', () => {
  it.each<[string, string[], object, string, RegExp | undefined]>([
    [
      'filters by --failure-reason and is explained by --reason',
      ['--failure-reason', 'rate_limited', '--reason', 'paced'],
      { reason: 'rate_limited' },
      'paced',
      undefined,
    ],
    ['takes all with --reason alone', ['--reason', 'paced'], {}, 'paced', undefined],
    [
      'takes the name of a failure as the explanation beside a filter',
      ['--failure-reason', 'rate_limited', '--reason', 'expired'],
      { reason: 'rate_limited' },
      'expired',
      undefined,
    ],
    [
      'filters in the old form, and says so',
      ['--reason', 'rate_limited', '--why', 'paced'],
      { reason: 'rate_limited' },
      'paced',
      /--failure-reason[\s\S]*|--why/,
    ],
    ['is explained by --why, and says so', ['--why', 'paced'], {}, 'paced', /"--why" is now/],
  ])('%s', async (_, options, filter, reason, notice) => {
    const run = await decide(...options);
    expect(run).toMatchObject({ exitCode: 0 });
    expect(decision()).toMatchObject({ filter, reason });
    expect(Object.keys(decision().filter)).toEqual(Object.keys(filter));
    if (notice) expect(run.stderr).toMatch(notice);
    else expect(run.stderr).not.toMatch(/--/);
  });

  it.each([
    ['no explanation', []],
    ['a filter in the old form, and no explanation', ['--reason', 'rate_limited']],
    ['two explanations', ['--reason', 'paced', '--why', 'paced']],
    [
      'two explanations beside a filter',
      ['--failure-reason', 'rate_limited', '--reason', 'paced', '--why', 'healed'],
    ],
  ])('is not made with %s', async (_, options) => {
    expect(await decide(...options)).toMatchObject({ exitCode: 2 });
    expect(requests.filter(({ body }) => body.includes('"by"'))).toEqual([]);
  });
});

it('leaves alone what came after the question that a person confirmed', async () => {
  const words = ['dead-letters', 'discard', '--no-wait', '--reason', 'old'];
  expect(await runWith({ interactive: true }, words)).toMatchObject({ exitCode: 0 });
  expect(decision().filter).toEqual({ at: COUNTED[0] });
});

describe.each([
  ['dead-letters', []],
  ['dead-letters summary', ['summary']],
])('%s', (_, command) => {
  it('filters by --failure-reason, and in the old form with a notice', async () => {
    const now = await sendproof('dead-letters', ...command, '--failure-reason', 'rate_limited');
    expect(now).toMatchObject({ exitCode: 0, stderr: '' });
    const old = await sendproof('dead-letters', ...command, '--reason', 'rate_limited');
    expect(old.exitCode).toBe(0);
    expect(old.stderr).toContain('--failure-reason');
    expect(requests.map(({ path }) => path.includes('reason=rate_limited'))).toEqual([true, true]);
  });

  it('refuses a reason that is no failure’s', async () => {
    const run = await sendproof('dead-letters', ...command, '--reason', 'rate_limitd');
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('did you mean "rate_limited"?');
    expect(requests).toEqual([]);
  });
});

it('names similar keys for the status of an unknown one, as the timeline does', async () => {
  const run = await sendproof('status', 'alert-5');
  expect(run).toMatchObject({ exitCode: 1, stdout: '' });
  expect(run.stderr).toContain('Similar key: “alert-55”');
});
