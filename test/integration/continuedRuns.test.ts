/** Workflows that run for long and go on as new runs, on a server that suggests it after a few events. */
import { afterAll, beforeAll, expect, it, vi, type TestContext } from 'vitest';
import type { DevServer } from '../../src/embedded/devServer.js';
import {
  accountTroubleId,
  deadLetterQueueId,
  deliveryTaskQueue,
} from '../../src/contract/names.js';
import { accountId } from '../../src/domain/account.js';
import { accountTroubleSignal } from '../../src/contract/accountTrouble.js';
import { readQueueLimits } from '../../src/temporal/queueLimits.js';
import { deadLetterCountsQuery } from '../../src/contract/signals.js';
import {
  INCIDENTS,
  OPS,
  startHarness,
  type Harness,
  type HarnessOptions,
  type Decision,
  type Progress,
} from '../harness.js';
import { startOwnServer } from '../ownServer.js';

vi.setConfig({ testTimeout: 180_000 });

const OPERATORS = { platform: 'slack', path: 'C0RANDOM1' } as const;

let server: DevServer;
beforeAll(async () => {
  server = await startOwnServer({
    // 4,096 by default.
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 20 },
  });
});
afterAll(() => server.stop());

async function start(
  onTestFinished: TestContext['onTestFinished'],
  options: HarnessOptions,
): Promise<Harness> {
  const harness = await startHarness({ temporalAddress: server.address, ...options });
  onTestFinished(() => harness.close());
  return harness;
}

/** How many runs of this workflow went on as a new one. */
async function continued({ client }: Harness, workflowId: string): Promise<number> {
  const query = `WorkflowId = "${workflowId}" AND ExecutionStatus = "ContinuedAsNew"`;
  return (await client.workflow.count(query)).count;
}

// Both mostly wait, so they run at the same time.
it.concurrent('a dead-letter queue loses no signal, no decision and no digest', async (test) => {
  const harness = await start(test.onTestFinished, {
    limits: { slack: { perDestination: 5 } },
    settings: { operators: { destinations: ['slack:default/C0RANDOM1'], digestAfter: '15s' } },
  });
  const queueId = deadLetterQueueId(OPS);
  const keys = Array.from({ length: 40 }, (_, index) => `continued-${index}`);
  const path = 'C0123ABC';
  harness.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
    path,
  });
  await Promise.all(
    keys.map((key) =>
      harness.send({ deduplicationKey: key, destinations: [OPS], content: { text: key } }),
    ),
  );
  for (const key of keys) await harness.waitForStatus(key, 'dead_lettered');
  const counts = () => harness.client.workflow.getHandle(queueId).query(deadLetterCountsQuery);
  await vi.waitFor(
    async () => expect(await counts()).toMatchObject({ open: keys.length, total: keys.length }),
    { timeout: 20_000 },
  );
  const [digest] = await harness.sandbox.waitForPosts(1, OPERATORS, 30_000);
  expect(digest?.text).toContain('40 dead letters');
  const before = await continued(harness, queueId);
  expect(before).toBeGreaterThan(0);

  harness.sandbox.clearFaults();
  const { body } = await harness.request<Decision>('POST', '/v1/dead-letters/retry', {
    filter: { destination: OPS },
    by: 'ana',
    reason: 'invited the app',
  });
  const progress = () => harness.request<Progress>('GET', body.links.self);
  await vi.waitFor(
    async () => expect((await progress()).body).toMatchObject({ done: true, decided: keys.length }),
    { timeout: 60_000, interval: 200 },
  );
  for (const key of keys) await harness.waitForStatus(key, 'confirmed');
  await vi.waitFor(
    async () => expect(await counts()).toMatchObject({ open: 0, total: keys.length }),
    { timeout: 20_000 },
  );
  expect(await continued(harness, queueId)).toBeGreaterThan(before);
  // The memo went along: how far the decision came is still told.
  expect((await progress()).body).toMatchObject({ done: true, decided: keys.length });
  expect(
    harness.sandbox
      .posts({ platform: 'slack', path })
      .map(({ text }) => text)
      .sort(),
  ).toEqual([...keys].sort());
  for (const key of keys) {
    expect((await harness.message(key)).operatorActions).toMatchObject([
      { action: 'retry', by: 'ana' },
    ]);
  }
  expect(harness.sandbox.posts(OPERATORS)).toHaveLength(1);
});

it.concurrent('an account’s trouble is told once, and ends as it would have', async (test) => {
  const harness = await start(test.onTestFinished, {
    limits: { slack: { perAccount: 100 } },
    settings: { operators: { destinations: [INCIDENTS] } },
  });
  const account = accountId({ platform: 'slack', account: 'default' });
  const troubleId = accountTroubleId(account);
  const queuePasses = (perSecond: number) =>
    vi.waitFor(
      async () => {
        const limits = await readQueueLimits(harness.client, deliveryTaskQueue(account));
        expect(limits.perQueue).toBeCloseTo(perSecond, 5);
      },
      { timeout: 60_000, interval: 100 },
    );
  harness.sandbox.addFault({ kind: 'revoked_token', platform: 'slack' });
  await harness.send({
    deduplicationKey: 'refused',
    destinations: [OPS],
    content: { text: 'refused' },
  });
  await vi.waitFor(async () => expect(await continued(harness, troubleId)).toBeGreaterThan(0), {
    timeout: 30_000,
    interval: 200,
  });
  await queuePasses(0);
  harness.sandbox.clearFaults();
  await harness.waitForStatus('refused', 'confirmed', 60_000);
  await queuePasses(100);
  expect(harness.sandbox.posts({ platform: 'teams' })).toHaveLength(1);

  // Pauses that the platform asks all of the account for, while the run before still watches for a relapse.
  const before = await continued(harness, troubleId);
  for (let pause = 0; pause < 3; pause += 1) {
    await harness.client.workflow.getHandle(troubleId).signal(accountTroubleSignal, {
      kind: 'rate_limited',
      detail: 'Slack answered HTTP 429.',
      retryAfterMs: 2_000,
    });
    await queuePasses(0);
    await queuePasses(100);
  }
  await vi.waitFor(
    async () => expect(await continued(harness, troubleId)).toBeGreaterThan(before),
    {
      timeout: 30_000,
    },
  );
  expect(harness.sandbox.posts({ platform: 'teams' })).toHaveLength(1);
});
