/** What the commands say of a message that the queue of `intake` has, before an API of the test. */
import { beforeEach, describe, expect, it } from 'vitest';
import { answerCommands } from './answeringServer.js';
import { runSendproof } from '../sendproofCommand.js';

const KEY = 'alert-55';
const QUEUED = {
  deduplicationKey: KEY,
  status: 'queued',
  queue: 'main',
  queuedAt: '2026-11-23T12:00:00.000Z',
  explanation: 'Queued since 12:00:00 UTC in the queue main. It is accepted when its turn comes.',
  deliveries: [],
};
const CONFIRMED = {
  deduplicationKey: KEY,
  status: 'confirmed',
  explanation: 'Confirmed: posted to slack:default/C0123ABC.',
  acceptedAt: '2026-11-23T12:00:01.000Z',
  deliveries: [{ destination: 'slack:default/C0123ABC', status: 'confirmed', attempts: [] }],
  deadLetters: [],
  operatorActions: [],
};

/** As often as it is asked, until it is confirmed. */
let queuedFor: number;
const environment = answerCommands((request, response) => {
  const isQueued = request.method === 'POST' || (queuedFor -= 1) >= 0;
  const body = isQueued ? QUEUED : CONFIRMED;
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
beforeEach(() => {
  queuedFor = 1;
});

const run = (...args: string[]) => runSendproof(args, { environment });
const SEND = ['send', 'slack:default/C0123ABC', '--text', 'x', '--key', KEY];

describe('a queued message', () => {
  it('is shown with what is known of it', async () => {
    expect(await run('status', KEY)).toEqual({
      exitCode: 0,
      stdout: `${KEY}  queued\n${QUEUED.explanation}\n`,
      stderr: '',
    });
  });

  it.each([[[...SEND, '--wait']], [['status', KEY, '--wait']], [['status', KEY, '--watch']]])(
    'has no outcome yet: %j',
    async (args) => {
      const { exitCode, stdout } = await run(...args);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('confirmed');
    },
  );

  it('is still being delivered when the time is up', async () => {
    queuedFor = Infinity;
    const { exitCode, stdout } = await run(...SEND, '--wait', '--timeout', '50ms');
    expect(exitCode).toBe(5);
    expect(stdout).toContain(QUEUED.explanation);
  });
});
