/** One account in trouble: its credentials are refused, or the platform asks all of it to wait. */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { accountTroubleId, deliveryTaskQueue } from '../../src/contract/names.js';
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
    await vi.waitFor(() => expect(notices()).toHaveLength(2), { timeout: 10_000 });
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
      expect((await readQueueLimits(started.client, QUEUE)).perQueue).toBe('off');
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
      retryAfter: '2',
      path: busy,
      times: 2,
    });
    await send('busy', slackChannel(1));
    await harness.waitForAttempts('busy', 1);
    await send('free', slackChannel(2));
    await harness.waitForStatus('free', 'confirmed', 1_500);
    expect((await readQueueLimits(harness.client, QUEUE)).perQueue).toBe(100);
  });

  it('slows the account’s queue', async () => {
    for (const number of [1, 2, 3]) {
      harness.sandbox.addFault({
        kind: 'rate_limited',
        platform: 'slack',
        retryAfter: '3',
        path: slackChannel(number).split('/')[1],
        times: 1,
      });
    }
    const from = Date.now();
    await Promise.all([1, 2, 3].map((number) => send(`limited-${number}`, slackChannel(number))));
    await queuePasses(0);
    await send('later', slackChannel(4));
    await Promise.all(
      ['limited-1', 'limited-2', 'limited-3', 'later'].map((key) =>
        harness.waitForStatus(key, 'confirmed', 30_000),
      ),
    );
    // Also what had not been refused itself waited as long as the account was asked to.
    const [first] = harness.sandbox.posts({ platform: 'slack' });
    expect((first?.postedAt ?? 0) - from).toBeGreaterThanOrEqual(2_900);
    await queuePasses(25);
    expect(notices()).toEqual([]);
  });
});
