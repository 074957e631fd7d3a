/** The `sendproof` command against the product. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { INCIDENTS, OPS, startHarness, type Harness, type MessageState } from '../harness.js';
import { runSendproof, type CommandOptions, type CommandRun } from '../sendproofCommand.js';
import { eventually } from '../eventually.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    retry: { attempts: 2 },
    environment: { SENDPROOF_API_KEYS: 'test-key' },
  });
});
afterAll(() => harness.close());

function sendproof(args: string[], options: CommandOptions = {}): Promise<CommandRun> {
  const environment = { SENDPROOF_URL: harness.api.url, SENDPROOF_API_KEY: 'test-key' };
  return runSendproof(args, { environment, ...options });
}

async function json<Body>(...args: string[]): Promise<Body> {
  const { stdout } = await sendproof([...args, '--json']);
  return JSON.parse(stdout) as Body;
}

/** Sends a message to a channel that can't be posted to, and resolves when it is parked. */
async function park(
  key: string,
  ...more: string[]
): Promise<{ destination: string; waited: CommandRun }> {
  const path = `C${key.replace(/\W/g, '').toUpperCase()}`;
  harness.sandbox.addFault({ kind: 'slack_error', platform: 'slack', path, error: 'is_archived' });
  const destination = `slack:default/${path}`;
  const args = ['send', destination, ...more, '--text', 'x', '--key', key, '--wait'];
  const waited = await sendproof(args);
  expect(waited.exitCode).toBe(4);
  return { destination, waited };
}

describe('sendproof send', () => {
  it('sends all that its options say, and waits until it is confirmed', async () => {
    const run = await sendproof([
      ...['send', OPS, INCIDENTS, '--wait', '--key', 'cli-full'],
      ...['--text', '**Alert 55**: disk full', '--title', 'Alert', '--severity', 'critical'],
      ...['--source', 'pagerduty', '--reference', '55', '--url', 'https://example.com/55'],
      ...['--priority', '1', '--on-ambiguous', 'dead_letter'],
    ]);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const permalink = /\S+\/archives\/C0123ABC\/p\d+/;
    expect(run.stdout).toMatch(permalink);
    const [post] = harness.sandbox.posts({ platform: 'slack', path: 'C0123ABC' });
    expect(post?.text).toContain('*Alert 55*');
    expect(harness.sandbox.posts({ platform: 'teams' })).toHaveLength(1);
  });

  it('passes on who is to be told, and what the API has to say to it', async () => {
    const run = await sendproof([
      ...['send', OPS, '--key', 'cli-told', '--text', 'told'],
      ...['--acknowledge', 'https://hooks.example.com/'],
    ]);
    expect(run).toMatchObject({ exitCode: 1 });
    expect(run.stderr).toMatch(/^ {2}acknowledge\.url: callbacks are not configured/m);
  });

  it('plans a message with a fallback for later, which “cancel” stops', async () => {
    const run = await sendproof([
      ...['send', OPS, '--key', 'cli-later', '--text', 'later', '--retry-profile', 'default'],
      ...['--deliver-at', '2099-01-01T00:00:00Z', '--expires-at', '2099-01-02T00:00:00Z'],
      ...['--fallback', INCIDENTS, '--fallback-after', '5m'],
    ]);
    expect(run).toMatchObject({ exitCode: 1 });
    expect(run.stderr).toMatch(/^ {2}deliverAt: must be within a year/m);

    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const later = await sendproof([
      ...['send', OPS, '--key', 'cli-later', '--text', 'later', '--deliver-at', soon],
      ...['--fallback', INCIDENTS, '--fallback-after', '5m'],
    ]);
    expect(later).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await json('status', 'cli-later')).toMatchObject({
      status: 'accepted',
      deliverAt: soon,
      deliveries: [{ destination: OPS }, { destination: INCIDENTS, status: 'standby' }],
    });
    const stopped = await sendproof(['cancel', 'cli-later', '--by', 'ana', '--reason', 'moot']);
    expect(stopped).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await sendproof(['status', 'cli-later', '--wait'])).exitCode).toBe(4);
    expect(await json('status', 'cli-later')).toMatchObject({
      status: 'cancelled',
      operatorActions: [{ action: 'cancel', by: 'ana', reason: 'moot' }],
    });
  });

  it('says that a repeated key is a duplicate', async () => {
    const args = ['send', OPS, '--text', 'again', '--key', 'cli-again'];
    expect((await sendproof(args)).stdout).toContain('cli-again  accepted');
    await confirmed('cli-again');
    const second = await sendproof(args);
    expect(second).toMatchObject({ exitCode: 0 });
    expect(second.stdout).toMatch(/duplicate: .* is confirmed; nothing was posted/);
  });

  it('makes a key where none is given, and says what that means', async () => {
    const run = await sendproof(['send', OPS, '--text', 'hello', '--json']);
    const { deduplicationKey } = JSON.parse(run.stdout) as { deduplicationKey: string };
    expect(deduplicationKey).toMatch(/^[0-9a-f-]{36}$/);
    expect(run.stderr).toContain(deduplicationKey);
    expect(run.stderr).toContain('sends another message');
  });

  it('reads the text from standard input', async () => {
    const path = 'C0STDIN1';
    const args = ['send', `slack:default/${path}`, '--text', '-', '--key', 'cli-stdin', '--wait'];
    expect((await sendproof(args, { stdin: 'first\n\nsecond\n' })).exitCode).toBe(0);
    expect(harness.sandbox.posts({ path })[0]?.text).toBe('first\n\nsecond');
  });

  it('names each field that the API refuses, and ends with 1', async () => {
    const args = ['send', 'slack:default/C0123ABC', 'nowhere', '--text', ' ', '--key', 'cli-bad'];
    const run = await sendproof(args);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(/^ {2}destinations\.1: must have the form/m);
    expect(run.stderr).toMatch(/^ {2}content\.text: must not be empty/m);
    expect(await json('status', 'cli-bad')).toMatchObject({ type: 'not_found', status: 404 });
  });

  it('says which fields differ where the key was used for other content', async () => {
    await sendproof(['send', OPS, '--text', 'one', '--key', 'cli-reused']);
    const run = await sendproof(['send', OPS, '--text', 'another', '--key', 'cli-reused']);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/^ {2}content\S*: differs/m);
    expect(run.stderr).not.toContain('another');
  });

  it('ends with 4 when it waits for what becomes a dead letter, and explains it as status does', async () => {
    const { destination, waited } = await park('cli-dead', OPS);
    const [, explanation = ''] = waited.stdout.split('\n');
    expect(explanation).toMatch(/^Never sent to .* it has needed a decision since/);
    expect(waited.stdout).toContain('    remedy    Restore the channel');
    const status = (await sendproof(['status', 'cli-dead'])).stdout;
    expect(status).toContain(explanation);
    const commands = (text: string) => text.match(/sendproof (?:retry|discard) .*$/gm);
    expect(commands(waited.stdout)).toEqual(commands(status));
    expect(commands(status)?.[0]).toBe(`sendproof retry cli-dead --destination ${destination}`);
  });

  it('ends with 5 when the time is up before the message has settled', async () => {
    const path = 'C0SLOW01';
    const id = harness.sandbox.addFault({ kind: 'hold', platform: 'slack', path });
    const args = ['send', `slack:default/${path}`, '--text', 'x', '--key', 'cli-slow', '--wait'];
    expect((await sendproof([...args, '--timeout', '300ms'])).exitCode).toBe(5);
    harness.sandbox.removeFault(id);
    await confirmed('cli-slow');
  });

  it('gives the key to send it again with, where nobody can tell what became of it', async () => {
    const environment = { SENDPROOF_URL: 'http://127.0.0.1:1' };
    const args = ['send', OPS, '--text', 'x'];
    const run = await runSendproof(args, { environment });
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toMatch(/again with --key [0-9a-f-]{36}/);
  });

  it('says that a key is needed, and shows none', async () => {
    const environment = { SENDPROOF_URL: harness.api.url, SENDPROOF_API_KEY: 'a-wrong-key' };
    const run = await runSendproof(['list'], { environment });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('SENDPROOF_API_KEYS');
    expect(run.stderr).not.toContain('a-wrong-key');
  });
});

describe('sendproof status', () => {
  it('shows each attempt, and what mends a dead letter', async () => {
    const { destination } = await park('cli-status', OPS);
    const run = await sendproof(['status', 'cli-status']);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/^cli-status {2}dead_lettered$/m);
    expect(run.stdout).toMatch(/permanent, destination_not_found \(HTTP 200 is_archived\)/);
    expect(run.stdout).toContain('remedy    Restore the channel');
    expect(run.stdout).toContain(`sendproof retry cli-status --destination ${destination}`);
  });

  it('watches each change until the message has settled', async () => {
    const path = 'C0WATCH1';
    const fault = { kind: 'http_error', platform: 'slack', path, status: 503, times: 1 } as const;
    harness.sandbox.addFault(fault);
    await sendproof(['send', `slack:default/${path}`, '--text', 'x', '--key', 'cli-watch']);
    const run = await sendproof(['status', 'cli-watch', '--watch']);
    expect(run.exitCode).toBe(0);
    const order = ['attempt 1: ', 'attempt 2: delivered', 'confirmed  http'];
    const places = order.map((step) => run.stdout.indexOf(step));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places.every((place) => place >= 0)).toBe(true);
  });

  it('watches as one JSON document a line', async () => {
    const run = await sendproof(['status', 'cli-watch', '--watch', '--json']);
    const states = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as MessageState);
    expect(states.at(-1)?.status).toBe('confirmed');
  });

  it('ends with 4 when it waits for a dead letter', async () => {
    expect((await sendproof(['status', 'cli-status', '--wait'])).exitCode).toBe(4);
  });
});

describe('sendproof timeline', () => {
  it('tells the cause and the next step first, and then each step', async () => {
    const { destination } = await park('cli-timeline');
    const run = await sendproof(['timeline', 'cli-timeline']);
    expect(run.exitCode).toBe(0);
    const [title, explanation] = run.stdout.split('\n');
    expect(title).toBe('cli-timeline  dead_lettered');
    expect(explanation).toMatch(
      /^Never sent to .* \(is_archived\); it has needed a decision since/,
    );
    expect(run.stdout).toContain(`Attempt 1 at ${destination}: Slack has no such channel`);
    expect((await sendproof(['status', 'cli-timeline'])).stdout).toContain(explanation);
  });

  it('says of a key that no message has that it was never received', async () => {
    const run = await sendproof(['timeline', 'cli-never']);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain('Never received: no message has the key “cli-never”');
  });
});

describe('sendproof list', () => {
  beforeAll(async () => {
    for (const number of [1, 2, 3]) {
      const key = `cli-list-${number}`;
      const origin = ['--source', 'grafana', '--reference', `rule-${number}`];
      await sendproof(['send', OPS, '--text', 'x', '--key', key, '--wait', ...origin]);
    }
    // Visibility lags behind.
    await vi.waitFor(
      async () => {
        const found = await json('list', '--source', 'grafana', '--status', 'confirmed');
        expect(found).toMatchObject({ messages: { length: 3 } });
      },
      { timeout: 30_000, interval: 50 },
    );
  });

  it('finds messages by the words that a person has', async () => {
    expect(await json('list', 'Grafana', 'rule-3')).toMatchObject({
      messages: [{ deduplicationKey: 'cli-list-3' }],
    });
  });

  it('finds messages by what their source calls them', async () => {
    const args = ['list', '--source', 'grafana', '--reference', 'rule-2'];
    const linesOf = ({ stdout }: CommandRun) => stdout.trimEnd().split('\n');
    const [headings, row, ...others] = linesOf(await sendproof(args));
    expect(headings).toMatch(/^KEY +STATUS +ACCEPTED +DESTINATIONS$/);
    expect(row).toMatch(/^cli-list-2 +confirmed +[\d:]{8} \(.*\) +slack:/);
    expect(others).toEqual([]);
    const [wide, wideRow] = linesOf(await sendproof([...args, '--wide', '--utc']));
    expect(wide).toMatch(
      /^KEY +STATUS +ACCEPTED +ENDED +TITLE +SOURCE +REFERENCE +DESTINATIONS +TRACE$/,
    );
    expect(wideRow).toMatch(
      /^cli-list-2 +confirmed +\S+Z +\S+Z +x +grafana +rule-2 +slack:\S+ +[0-9a-f]{32}$/,
    );
  });

  it('says that there are more than the limit, and lists them all', async () => {
    const few = await sendproof(['list', '--source', 'grafana', '--limit', '2', '--json']);
    expect(few.stderr).toContain('--all');
    const keys = (run: CommandRun) =>
      (JSON.parse(run.stdout) as { messages: MessageState[] }).messages.map(
        (message) => message.deduplicationKey,
      );
    expect(keys(few)).toEqual(['cli-list-3', 'cli-list-2']);
    const all = await sendproof(['list', '--source', 'grafana', '--all', '--json']);
    expect(keys(all)).toEqual(['cli-list-3', 'cli-list-2', 'cli-list-1']);
  });

  it('reaches as far back as it is told', async () => {
    const since = (when: string) => json('list', '--source', 'grafana', '--since', when);
    expect(await since('1h')).toMatchObject({ messages: { length: 3 } });
    expect(await since('2999-01-01')).toMatchObject({ messages: [] });
  });
});

describe('sendproof dead-letters, retry and discard', () => {
  it('list what waits with what mends it, and send it again', async () => {
    const { destination } = await park('cli-retry', OPS);
    const query = ['dead-letters', '--destination', destination];
    await expect
      .poll(() => json(...query))
      .toMatchObject({
        deadLetters: [
          {
            deduplicationKey: 'cli-retry',
            destination,
            reason: 'destination_not_found',
            remedy: expect.stringContaining('retry') as string,
          },
        ],
      });
    expect((await sendproof(query)).stdout).toMatch(
      /^cli-retry +slack:default\/CCLIRETRY +destination_not_found +[\d:]{8} \(.*\) +Restore the channel/m,
    );

    harness.sandbox.clearFaults();
    const decision = await sendproof(['retry', 'cli-retry', '--by', 'ada', '--reason', 'mended']);
    expect(decision).toMatchObject({ exitCode: 0 });
    expect(decision.stdout).toContain(`will be retried for ${destination}`);
    const message = await confirmed('cli-retry');
    expect(message.operatorActions).toMatchObject([
      { action: 'retry', by: 'ada', reason: 'mended' },
    ]);
    expect(await sendproof(['retry', 'cli-retry'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('It was confirmed') as string,
    });
  });

  it('give a message up in the name of who runs the command', async () => {
    await park('cli-discard');
    const run = await sendproof(['discard', 'cli-discard', '--reason', 'too late']);
    expect(run).toMatchObject({ exitCode: 0 });
    expect((await sendproof(['status', 'cli-discard', '--wait'])).exitCode).toBe(4);
    await eventually(async () => {
      const { stdout } = await sendproof(['status', 'cli-discard']);
      expect(stdout).toMatch(/discard by \S+ at [\d:]{8} \(.*\): too late/);
      expect(stdout).toContain('discarded');
    });
  });
});

/** Runs the real command, of whose output nobody reads this. Resolves with the exit code and the rest of the output. */
async function runUnread(unread: 'stdout' | 'stderr', args: string[]) {
  const child = spawn(process.execPath, ['dist/src/cli/main.js', ...args], {
    env: { SENDPROOF_URL: harness.api.url, SENDPROOF_API_KEY: 'test-key' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child[unread].destroy();
  const read = unread === 'stdout' ? child.stderr : child.stdout;
  const [output] = await Promise.all([text(read), once(child, 'exit')]);
  return { output, exitCode: child.exitCode };
}

it('runs as a program, and bears a reader that has seen enough', async () => {
  expect(await runUnread('stdout', ['list', '--all', '--json'])).toEqual({
    output: '',
    exitCode: 0,
  });
});

it('fails as it would, although nobody reads its result', async () => {
  const { exitCode, output } = await runUnread('stdout', ['status', 'cli-nowhere', '--json']);
  expect([exitCode, output]).toEqual([1, expect.stringContaining('error:')]);
});

it('has the exit code and the result of what was done, although nobody reads its remarks', async () => {
  const failed = await runUnread('stderr', ['status', 'cli-nowhere', '--json']);
  expect([failed.exitCode, JSON.parse(failed.output)]).toMatchObject([1, { type: 'not_found' }]);
  const args = ['list', '--limit', '1', '--json'];
  const { exitCode, output } = await runUnread('stderr', args);
  expect([exitCode, JSON.parse(output)]).toMatchObject([0, { messages: [{}] }]);
});

/** Resolves with the message once it is confirmed. The harness itself has no API key. */
async function confirmed(key: string): Promise<MessageState> {
  const run = await sendproof(['status', key, '--wait', '--timeout', '20s', '--json']);
  const state = JSON.parse(run.stdout) as MessageState;
  expect(state.status).toBe('confirmed');
  return state;
}
