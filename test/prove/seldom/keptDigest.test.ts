/** A digest that can't be sent: the queue keeps it, and sends it again by itself. */
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterEach, expect, inject, it, vi } from 'vitest';
import { deadLetterQueueId, WORKFLOW_TASK_QUEUE } from '../../../src/contract/names.js';
import type { DigestPolicy, OperatorNotice } from '../../../src/contract/notices.js';
import { deadLetteredSignal } from '../../../src/contract/signals.js';
import { OPS, startHarness, type Harness } from '../../harness.js';

const POLICY: DigestPolicy = { gatherMs: 500, windowMs: 1_000, waitingTooLongMs: 3_600_000 };
/** After the first failure. */
const RETRY_AFTER_MS = 60_000;

let harness: Harness;
afterEach(() => harness.close());

it('is sent again after a minute, as it was; what came meanwhile is in the next one; its history replays', async () => {
  harness = await startHarness({ workers: false });
  const connection = await NativeConnection.connect({ address: harness.temporalAddress });
  harness.closeWith(() => connection.close());
  const told: { notice: OperatorNotice; at: number }[] = [];
  const workflowBundle = { codePath: inject('workflowBundle') };
  const worker = await Worker.create({
    connection,
    namespace: harness.namespace,
    taskQueue: WORKFLOW_TASK_QUEUE,
    workflowBundle,
    activities: {
      digestPolicy: () => Promise.resolve(POLICY),
      tellOperators: (notice: OperatorNotice) => {
        told.push({ notice, at: Date.now() });
        if (told.length === 1) throw ApplicationFailure.nonRetryable('nobody takes it now');
        return Promise.resolve({ outcome: 'sent' });
      },
    },
  });
  const workflowId = deadLetterQueueId(OPS);
  const park = (deduplicationKey: string) =>
    harness.client.workflow.signalWithStart('deadLetterQueue', {
      workflowId,
      taskQueue: WORKFLOW_TASK_QUEUE,
      args: [{ destination: OPS }],
      signal: deadLetteredSignal,
      signalArgs: [{ deduplicationKey, reason: 'timeout', at: new Date().toISOString() }],
    });
  await worker.runUntil(async () => {
    await park('first');
    await vi.waitFor(() => expect(told).toHaveLength(1), { timeout: 20_000 });
    await park('meanwhile');
    await vi.waitFor(() => expect(told).toHaveLength(3), { timeout: 120_000, interval: 200 });
  });

  const [failed, again, next] = told;
  expect(again?.notice).toEqual(failed?.notice);
  expect(again?.notice.content.title).toBe('A message could not be delivered');
  const waitedMs = (again?.at ?? 0) - (failed?.at ?? 0);
  expect(waitedMs).toBeGreaterThan(RETRY_AFTER_MS - 1_000);
  expect(waitedMs).toBeLessThan(RETRY_AFTER_MS + 15_000);
  expect(next?.notice.topic).not.toBe(failed?.notice.topic);
  expect(next?.notice.content.text).toContain('- 1 × `timeout`');

  const history = await harness.client.workflow.getHandle(workflowId).fetchHistory();
  const replays = Worker.runReplayHistories({ workflowBundle }, [{ workflowId, history }]);
  for await (const { error } of replays) expect(error).toBeUndefined();
}, 180_000);
