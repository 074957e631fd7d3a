/** A queue of dead letters whose first digest nobody takes, until it has sent that one and the next. */
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { expect, inject, vi } from 'vitest';
import { deadLetterQueueId, WORKFLOW_TASK_QUEUE } from '../src/contract/names.js';
import type { DigestPolicy, OperatorNotice } from '../src/contract/notices.js';
import { deadLetteredSignal } from '../src/contract/signals.js';
import { OPS, type Harness } from './harness.js';

const POLICY: DigestPolicy = { gatherMs: 500, windowMs: 1_000, waitingTooLongMs: 3_600_000 };

/** What the operators were asked to be told, and when: the first fails. */
export type Told = { notice: OperatorNotice; at: number }[];

/**
 * Takes a minute: as long as the queue waits before it tries again.
 *
 * @param harness without workers
 */
export async function keepDigest(harness: Harness): Promise<{ workflowId: string; told: Told }> {
  const connection = await NativeConnection.connect({ address: harness.temporalAddress });
  harness.closeWith(() => connection.close());
  const told: Told = [];
  const worker = await Worker.create({
    connection,
    namespace: harness.namespace,
    dataConverter: harness.encryption.dataConverter,
    taskQueue: WORKFLOW_TASK_QUEUE,
    workflowBundle: { codePath: inject('workflowBundle') },
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
  return { workflowId, told };
}
