/** One account in trouble: its credentials are refused, or the platform asks all of it to wait. */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AccountTrouble } from '../../src/contract/accountTrouble.js';
import {
  accountTroubleId,
  deliveryTaskQueue,
  WORKFLOW_TASK_QUEUE,
} from '../../src/contract/names.js';
import { accountId } from '../../src/domain/account.js';
import { readQueueLimits } from '../../src/temporal/queueLimits.js';
import { slackChannel } from '../faults/deliveries.js';
import { INCIDENTS, OPS, startHarness, type Harness } from '../harness.js';
import { eventually } from '../eventually.js';

const ACCOUNT = accountId({ platform: 'slack', account: 'default' });
const QUEUE = deliveryTaskQueue(ACCOUNT);
const TROUBLE = accountTroubleId(ACCOUNT);

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    retry: { attempts: 3 },
    limits: { slack: { perAccount: 100 } },
    settings: { operators: { destinations: [INCIDENTS] } },
  });
});
afterAll(() => harness.close());
afterEach(async () => {
  harness.sandbox.reset();
  // What it would tell or hold back must not be the next test's.
  await harness.client.workflow
    .getHandle(TROUBLE)
    .terminate()
    .catch(() => undefined);
});

const send = (key: string, destination = OPS, to: Harness = harness) =>
  to.send({ deduplicationKey: key, destinations: [destination], content: { text: key } });

/** Waits until the account's queue passes so many messages a second. */
const queuePasses = (perSecond: number) =>
  vi.waitFor(
    async () =>
      expect((await readQueueLimits(harness.client, QUEUE)).perQueue).toBeCloseTo(perSecond, 5),
    { timeout: 20_000, interval: 50 },
  );

const callsToSlack = () => harness.sandbox.requests({ platform: 'slack' }).length;
const notices = () => harness.sandbox.posts({ platform: 'teams' });

describe('credentials that the platform refuses', () => {
  it('stop the account, tell the operators once, and start it again by themselves: nothing is lost, nobody is asked', async () => {
    harness.sandbox.addFault({ kind: 'revoked_token', platform: 'slack' });
    await send('refused');
    const held = await harness.waitForAttempts('refused', 1);
    expect(held).toMatchObject({
      status: 'delivering',
      deliveries: [{ attempts: [{ outcome: 'transient', reason: 'credentials_rejected' }] }],
    });
    await queuePasses(0);
    expect((await readQueueLimits(harness.client, QUEUE)).reason).toContain('credentials');
    expect((await harness.message('refused')).explanation).toBe(
      `Waiting: the queue of the account of ${OPS} is held back (stopped, the credentials of slack:default are refused). It continues by itself when the cause is gone. “sendproof doctor” shows what is wrong with the account.`,
    );

    const waiting = Array.from({ length: 20 }, (_, index) => `held-back-${index}`);
    await Promise.all(waiting.map((key, index) => send(key, slackChannel(index))));
    // Its neighbour is none the wiser.
    await send('elsewhere', INCIDENTS);
    await harness.waitForStatus('elsewhere', 'confirmed');
    await vi.waitFor(() => expect(notices()).toHaveLength(2), { timeout: 30_000 });
    expect(
      notices()
        .map(({ text }) => text)
        .join(),
    ).toContain('The credentials of slack:default are refused');

    harness.sandbox.clearFaults();
    const failing = callsToSlack();
    expect(failing).toBeLessThan(10);
    const states = await Promise.all(
      ['refused', ...waiting].map((key) => harness.waitForStatus(key, 'confirmed', 30_000)),
    );
    await queuePasses(100);
    expect(notices()).toHaveLength(2);
    expect(harness.sandbox.posts({ platform: 'slack' })).toHaveLength(21);
    // Held back is no attempt: only the one that met the refusal has it in its log.
    expect(states.map(({ deliveries }) => deliveries[0]?.attempts.length)).toEqual([
      2,
      ...waiting.map(() => 1),
    ]);
  });

  it('are read as soon as they are there, without a restart: a worker starts without them too', async () => {
    const started = await startHarness({ workers: false });
    try {
      const token = join(dirname(started.configurationFile), 'slack-token');
      await writeFile(token, '');
      await started.startWorkers();
      await send('early', OPS, started);
      await eventually(async () =>
        expect((await readQueueLimits(started.client, QUEUE)).perQueue).toBe(0),
      );
      await writeFile(token, started.sandbox.slackToken);
      await started.waitForStatus('early', 'confirmed', 30_000);
      await eventually(async () =>
        expect((await readQueueLimits(started.client, QUEUE)).perQueue).toBe('off'),
      );
    } finally {
      await started.close();
    }
  });
});

describe('a limit of the whole account', () => {
  it('is not taken from one channel’s: that one waits by itself', async () => {
    const busy = slackChannel(1).split('/')[1];
    harness.sandbox.addFault({
      kind: 'rate_limited',
      platform: 'slack',
      retryAfter: '60',
      path: busy,
      times: 1,
    });
    await send('busy', slackChannel(1));
    await harness.waitForAttempts('busy', 1);
    await send('free', slackChannel(2));
    await harness.waitForStatus('free', 'confirmed');
    expect(await harness.message('busy')).toMatchObject({ status: 'delivering' });
    expect((await readQueueLimits(harness.client, QUEUE)).perQueue).toBe(100);
  });

  it('slows its calls to one every few seconds, and no message is lost or parked by it', async () => {
    const fault = harness.sandbox.addFault({
      kind: 'rate_limited',
      platform: 'slack',
      retryAfter: '1',
    });
    const keys = Array.from({ length: 40 }, (_, index) => `limited-${index}`);
    await Promise.all(keys.map((key, index) => send(key, slackChannel(index % 20))));
    await vi.waitFor(() => expect(slowedFor(5_000)).toBe(true), { timeout: 40_000, interval: 200 });
    expect(callsToSlack()).toBeLessThan(100);

    harness.sandbox.removeFault(fault);
    // The pauses between its calls are of some seconds.
    await harness.sandbox.waitForPosts(40, { platform: 'slack' }, 30_000);
    for (const key of keys) await harness.waitForStatus(key, 'confirmed');
    expect(notices()).toEqual([]);
  });
});

/** Whether hardly anything was called in the last so many milliseconds, but something was before. */
function slowedFor(ms: number): boolean {
  const calls = harness.sandbox.requests({ platform: 'slack' });
  const recent = calls.filter(({ at }) => at > Date.now() - ms);
  return calls.length > 12 && recent.length <= 3;
}

describe('two troubles at a time', () => {
  const report = (trouble: AccountTrouble) =>
    harness.client.workflow.signalWithStart('accountTrouble', {
      workflowId: TROUBLE,
      taskQueue: WORKFLOW_TASK_QUEUE,
      args: [{ account: ACCOUNT }],
      signal: 'trouble',
      signalArgs: [trouble],
    });
  const reason = async () => (await readQueueLimits(harness.client, QUEUE)).reason ?? '';
  const asksToWait = (retryAfterMs: number) =>
    report({ kind: 'rate_limited', detail: 'Slack answered HTTP 429.', retryAfterMs });
  const refuses = () => report({ kind: 'credentials_rejected', detail: 'token_revoked' });

  it('a refusal of the credentials during a pause outlasts it, and the operators are told', async () => {
    harness.sandbox.addFault({ kind: 'revoked_token', platform: 'slack' });
    await asksToWait(2_000);
    await queuePasses(0);
    expect(await reason()).toContain('asked slack:default to wait');
    await refuses();
    await eventually(async () => expect(await reason()).toContain('credentials'));
    await eventually(() => expect(notices()).toHaveLength(1));
    // Until the credentials were tried at least once, after the pause.
    await vi.waitFor(() => expect(callsToSlack()).toBeGreaterThan(0), { timeout: 30_000 });
    expect(await readQueueLimits(harness.client, QUEUE)).toMatchObject({ perQueue: 0 });
    harness.sandbox.clearFaults();
    await queuePasses(100);
    expect(notices()).toHaveLength(1);
  });

  it('a pause during a refusal outlasts it too; a limit that is configured meanwhile is the one that follows', async () => {
    const text = await readFile(harness.configurationFile, 'utf8');
    const configure = (perAccount: number) =>
      writeFile(
        harness.configurationFile,
        text.replace('"perAccount":100', `"perAccount":${perAccount}`),
      );
    try {
      await refuses();
      await queuePasses(0);
      await asksToWait(10_000);
      await configure(50);
      // The check succeeds after some five seconds.
      await vi.waitFor(
        async () => expect(await reason()).toContain('asked slack:default to wait'),
        {
          timeout: 30_000,
        },
      );
      expect(await readQueueLimits(harness.client, QUEUE)).toMatchObject({ perQueue: 0 });
      await queuePasses(50);
      // The workflow still watches for a relapse.
      await configure(60);
      await queuePasses(60);
    } finally {
      await writeFile(harness.configurationFile, text);
      await queuePasses(100);
    }
  });
});
