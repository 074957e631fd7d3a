/** Batches that are started in the background: what their parts do with messages and with calls that go wrong. */
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchContents } from '../../src/activities/batchContents.js';
import { createStartBatchMessages } from '../../src/activities/startBatchMessages.js';
import { loadConfiguration } from '../../src/config/configuration.js';
import type { BatchMessageResult, BatchProgress, BatchSlice } from '../../src/contract/batch.js';
import type { BatchEntry } from '../../src/domain/batch.js';
import { messageSchema } from '../../src/domain/message.js';
import type { BatchExecution } from '../../src/store/batches.js';
import { completeBatch } from '../../src/store/startBatch.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { clientAnsweredBy, grpcError, type Call } from './temporalService.js';

interface Surroundings {
  startBatchMessages: (slice: BatchSlice) => BatchMessageResult[];
  memo: Record<string, unknown>;
  upserted: { progress: BatchProgress }[];
}

const workflow = vi.hoisted((): Surroundings => ({
  startBatchMessages: () => [],
  memo: {},
  upserted: [],
}));

vi.mock('@temporalio/workflow', async (original) => ({
  ...(await original<object>()),
  proxyActivities: () => ({
    startBatchMessages: (slice: BatchSlice) => Promise.resolve(workflow.startBatchMessages(slice)),
  }),
  setHandler: () => undefined,
  upsertMemo: (memo: { progress: BatchProgress }) =>
    void workflow.upserted.push(structuredClone(memo)),
  workflowInfo: () => ({ memo: workflow.memo }),
  CancellationScope: {
    current: () => ({ consideredCancelled: false }),
    nonCancellable: (work: () => unknown) => work(),
  },
}));

// Other files of this process load the workflow with the SDK's own module, before this file and after it.
vi.resetModules();
afterAll(() => void vi.resetModules());
const { batch } = await import('../../src/workflows/batch/batch.js');

const entry = (deduplicationKey: string): BatchEntry => ({
  message: messageSchema.parse({
    deduplicationKey,
    destinations: ['slack:default/C0123ABC'],
    content: { text: 'text' },
  }),
});

describe('the counts of a batch', () => {
  beforeEach(() => void workflow.upserted.splice(0));

  it('never go down, and have what was refused at once from the start', async () => {
    const isRefused = (index: number) => index > 0 && index % 45 === 0;
    workflow.startBatchMessages = ({ count, from }) =>
      Array.from({ length: count }, (_, index) =>
        isRefused(from + index)
          ? { outcome: 'refused_at_once' }
          : { outcome: 'accepted', traceId: 'a' },
      );
    workflow.memo = { refused: 3 };
    const input = { chunkSizes: [136], traceId: 'a', acceptedAtUs: 0 };
    expect(await batch(input)).toEqual({ accepted: 133, duplicate: 0, refused: 3 });
    expect(workflow.upserted.map(({ progress }) => progress)).toEqual([
      { accepted: 49, duplicate: 0, refused: 3 },
      { accepted: 98, duplicate: 0, refused: 3 },
      { accepted: 133, duplicate: 0, refused: 3 },
    ]);
  });
});

describe('a batch that is cancelled while Temporal refuses its messages', () => {
  const accepted: BatchMessageResult = { outcome: 'accepted', traceId: 'a' };

  it.each([
    ['in its first slice', 120, 0],
    ['in its last one', 70, 50],
  ])('ends as cancelled, %s', async (_where, size, cancelledFrom) => {
    const begun: BatchSlice[] = [];
    let place = 0;
    workflow.startBatchMessages = (slice) => {
      begun.push(slice);
      return Array.from({ length: slice.count }, () =>
        place++ < cancelledFrom + 3 ? accepted : { outcome: 'cancelled' },
      );
    };
    workflow.memo = { refused: 0 };
    workflow.upserted.splice(0);
    const input = { chunkSizes: [size], traceId: 'a', acceptedAtUs: 0 };
    await expect(batch(input)).rejects.toThrow(CancelledFailure);
    expect(begun).toHaveLength(cancelledFrom === 0 ? 1 : 2);
    expect(workflow.upserted.at(-1)?.progress).toEqual({
      ...{ accepted: cancelledFrom + 3, duplicate: 0, refused: 0 },
    });
  });
});

describe('the chunks of a batch', () => {
  it('are stored once, however often a sender that had no answer sends them', async () => {
    const signals: Call[] = [];
    const client = clientAnsweredBy((call) => {
      if (call.method === 'signalWorkflowExecution') signals.push(call);
      return {};
    });
    const entries = ['a', 'b', 'c'].map(entry);
    const existing = { memo: { chunkSizes: [1, 1, 1] } } as BatchExecution;
    await completeBatch(client, 'id', entries, existing);
    await completeBatch(client, 'id', entries, existing);
    // Temporal takes signals with one request id for one signal.
    expect(signals.map(({ request }) => request.requestId)).toEqual([
      'chunk-1',
      'chunk-2',
      'chunk-1',
      'chunk-2',
    ]);
    expect(signals[0]?.request).toMatchObject({
      namespace: 'test',
      workflowExecution: { workflowId: 'sendproof/batch/id' },
      signalName: 'chunk',
      input: { payloads: [{}, {}] },
    });
  });
});

describe('a message that Temporal calls invalid', () => {
  const start = async (attempt: number, code: number, reason: string) => {
    const client = clientAnsweredBy(({ method, request }) => {
      if (method !== 'startWorkflowExecution') return {};
      if (request.workflowId === 'poison') throw grpcError(code, reason);
      return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
    });
    const intake = {
      client,
      configuration: loadConfiguration({ SLACK_BOT_TOKEN: 'unused' }),
      log: pino({ level: 'silent' }),
      metrics: createMetrics(),
    };
    const entries = ['first', 'poison', 'last'].map(entry);
    const contents = {
      read: () =>
        Promise.resolve({ entries, seals: [], before: 0, traceId: 'a', acceptedAtUs: 1e15 }),
    } as unknown as BatchContents;
    const environment = new MockActivityEnvironment(
      { attempt, workflowExecution: { workflowId: 'w', runId: 'r' } },
      { logger: new DefaultLogger('ERROR', () => undefined) },
    );
    const startBatchMessages = createStartBatchMessages(intake, contents);
    const results = await environment.run<
      [BatchSlice],
      BatchMessageResult[],
      typeof startBatchMessages
    >(startBatchMessages, { chunk: 0, from: 0, count: 3 });
    return results.map(({ outcome }) => outcome);
  };

  it('is tried again at first', async () => {
    await expect(start(5, 3, 'something is odd')).rejects.toThrow();
  });

  it('holds up no other for ever', async () => {
    expect(await start(6, 3, 'something is odd')).toEqual(['accepted', 'failed', 'accepted']);
  });

  it.each([
    ['Temporal is away', 14, 'no connection'],
    ['its credentials are refused', 7, 'denied'],
    ['the namespace lacks a search attribute', 3, 'search attribute TraceId is not defined'],
  ])('waits as long as it takes while %s', async (_words, code, reason) => {
    await expect(start(50, code, reason)).rejects.toThrow();
  });
});
