/** `sendproof dead-letters` on many at once, against the product. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OPS, startHarness, type Harness } from '../harness.js';
import { runSendproof, type CommandOptions, type CommandRun } from '../sendproofCommand.js';
import { eventually } from '../eventually.js';

const RANDOM = 'slack:default/C0RANDOM1';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ environment: { BASE_PATH: '/sendproof' } });
});
afterAll(() => harness.close());
beforeEach(() => harness.sandbox.reset());

function deadLetters(args: string[], options: CommandOptions = {}): Promise<CommandRun> {
  const environment = { SENDPROOF_URL: `${harness.api.url}/sendproof` };
  return runSendproof(['dead-letters', ...args], { environment, ...options });
}

async function park(keys: string[], destination: string, error = 'not_in_channel') {
  const fault = harness.sandbox.addFault({ kind: 'slack_error', error, platform: 'slack' });
  for (const deduplicationKey of keys) {
    const destinations = [destination];
    await harness.send({ deduplicationKey, destinations, content: { text: deduplicationKey } });
  }
  for (const key of keys) await harness.waitForStatus(key, 'dead_lettered');
  harness.sandbox.removeFault(fault);
  await eventually(async () => {
    const { stdout } = await deadLetters(['--destination', destination]);
    for (const key of keys) expect(stdout).toContain(key);
  });
}

describe('sendproof dead-letters', () => {
  it('counts them, and decides on what a filter finds: dry first, then asked, with a bar', async () => {
    await park(['a1', 'a2', 'a3'], OPS);
    await park(['b1'], RANDOM, 'channel_not_found');

    const summary = await deadLetters(['summary']);
    expect(summary.stdout).toMatch(/^slack:default\/C0123ABC +not_authorised +3 .* Invite/m);
    expect(summary.stdout).toMatch(/^slack:default\/C0RANDOM1 +destination_not_found +1 /m);
    expect(summary.stdout).toContain('4 in all.');

    const filter = ['--destination', OPS, '--reason', 'not_authorised'];
    const dry = await deadLetters(['retry', ...filter, '--dry-run', '--json']);
    expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, deadLetters: 3 });
    expect(harness.sandbox.posts()).toHaveLength(0);

    const why = ['--why', 'invited the app', '--by', 'ada'];
    const unasked = await deadLetters(['retry', ...filter, ...why]);
    expect(unasked).toMatchObject({ exitCode: 2 });
    expect(unasked.stderr).toContain('--yes');
    const declined = await deadLetters(['retry', ...filter, ...why], {
      stdin: 'n\n',
      interactive: true,
    });
    expect(declined.stderr).toMatch(/C0123ABC: 3[^]*Retry 3 dead letters\? \[y\/N\]/);
    expect(declined).toMatchObject({ exitCode: 1 });
    expect(harness.sandbox.posts()).toHaveLength(0);

    const done = await deadLetters(['retry', ...filter, ...why], {
      stdin: 'y\n',
      interactive: true,
    });
    expect(done).toMatchObject({ exitCode: 0 });
    expect(done.stdout).toContain('3 dead letters will be retried');
    expect(done.stderr).toMatch(/of 3 ·/);
    await harness.sandbox.waitForPosts(3, {}, 30_000);
    expect(await harness.waitForStatus('a1', 'confirmed')).toMatchObject({
      operatorActions: [{ action: 'retry', by: 'ada', reason: 'invited the app' }],
    });

    const rest = await deadLetters(['discard', '--reason', 'old', '--yes', '--json']);
    expect(JSON.parse(rest.stdout)).toMatchObject({ action: 'discard', decided: 1, done: true });
    await harness.waitForStatus('b1', 'discarded');
    await eventually(async () => {
      expect((await deadLetters(['summary'])).stdout).toBe('No dead letters.\n');
    });
    expect(await deadLetters(['discard', '--reason', 'old', '--yes'])).toMatchObject({
      exitCode: 0,
      stdout: 'No dead letters.\n',
    });
  });

  it('asks why before it does anything', async () => {
    await park(['c1'], OPS);
    const run = await deadLetters(['discard', '--destination', OPS, '--yes']);
    expect(run).toMatchObject({ exitCode: 2 });
    expect(run.stderr).toContain('--reason');
    expect((await harness.message('c1')).status).toBe('dead_lettered');
  });
});
