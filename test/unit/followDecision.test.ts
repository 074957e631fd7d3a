/** Where a decision on many dead letters is found while Temporal's visibility lags behind. */
import proto from '@temporalio/proto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { BulkDecision } from '../../src/contract/deadLetterQueue.js';
import { deadLetterQueueId } from '../../src/contract/names.js';
import { followDecision } from '../../src/store/followDecision.js';
import { asTemporalHasIt, execution } from './listedMessages.js';
import { clientAnsweredBy, grpcError } from './temporalService.js';

const { DescribeWorkflowExecutionResponse } = proto.temporal.api.workflowservice.v1;

const NOW = new Date('2026-11-26T12:00:00.000Z');
let requestedAt: string;

const decision = (id: string): BulkDecision => ({
  ...{ id, action: 'retry', by: 'ana', reason: 'the app was invited' },
  ...{ filter: { at: requestedAt }, requestedAt },
  decided: 3,
});

const destinationOf = (index: number) => `slack:default/C0${index}` as const;

beforeEach(() => {
  requestedAt = NOW.toISOString();
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Queues as Temporal has them, and as visibility shows them still; undefined: the queue is gone. */
function temporalWith(queues: { visible: string[]; present: string[] | undefined }[]) {
  const described: string[] = [];
  const queue = (index: number, ids: readonly string[]) => ({
    ...execution({
      id: deadLetterQueueId(destinationOf(index)),
      startedMs: 0,
      memo: { decisions: ids.map(decision) },
    }),
    type: { name: 'deadLetterQueue' },
    searchAttributes: {
      indexedFields: keywords('Destination', [destinationOf(index)]),
    },
  });
  const client = clientAnsweredBy(({ method, request }) => {
    if (method === 'listWorkflowExecutions') {
      const executions = queues.map(({ visible }, index) => queue(index, visible));
      return asTemporalHasIt(method, { executions });
    }
    const { workflowId } = (request as { execution: { workflowId: string } }).execution;
    described.push(workflowId);
    const index = queues.findIndex((_, at) => workflowId === deadLetterQueueId(destinationOf(at)));
    const present = queues[index]?.present;
    if (!present) throw grpcError(5, 'workflow not found');
    return DescribeWorkflowExecutionResponse.fromObject({
      workflowExecutionInfo: queue(index, present),
    });
  });
  return { client, described };
}

function keywords(name: string, values: string[]) {
  const { indexedFields } = execution({
    ...{ id: '', startedMs: 0 },
    attributes: { [name]: values },
  }).searchAttributes;
  const field = indexedFields[name];
  return {
    [name]: { ...field, metadata: { ...field?.metadata, type: Buffer.from('KeywordList') } },
  };
}

it('is visibility alone where that has all of it', async () => {
  const { client, described } = temporalWith([
    { visible: ['d'], present: ['d'] },
    { visible: [], present: [] },
  ]);
  expect(await followDecision(client, 'd', 1)).toEqual([
    { destination: destinationOf(0), ...decision('d') },
  ]);
  expect(described).toEqual([]);
});

it('is found in the queues themselves where visibility lags behind', async () => {
  const { client, described } = temporalWith([
    { visible: ['earlier', 'd'], present: ['earlier', 'd'] },
    { visible: ['earlier'], present: ['earlier', 'd'] },
    { visible: [], present: undefined },
    { visible: [], present: ['d'] },
  ]);
  const parts = await followDecision(client, 'd', 3);
  expect(parts.map(({ destination }) => destination)).toEqual([0, 1, 3].map(destinationOf));
  expect(described).toEqual([1, 2, 3].map((index) => deadLetterQueueId(destinationOf(index))));
});

it('is visibility alone once that must have it: a destination that lacks it has forgotten it', async () => {
  const queues = [
    { visible: ['d'], present: ['d'] },
    { visible: [], present: [] },
  ];
  const { client, described } = temporalWith(queues);
  const asked = async () => (await followDecision(client, 'd', 2)).length;
  expect(await asked()).toBe(1);
  expect(described).toHaveLength(1);
  requestedAt = new Date(NOW.getTime() - 11 * 60_000).toISOString();
  expect(await asked()).toBe(1);
  expect(described).toHaveLength(1);
});

it('is looked for in a bounded number of queues', async () => {
  const { client, described } = temporalWith(
    Array.from({ length: 150 }, () => ({ visible: [], present: [] })),
  );
  expect(await followDecision(client, 'never-made', 1)).toEqual([]);
  expect(described).toHaveLength(100);
});
