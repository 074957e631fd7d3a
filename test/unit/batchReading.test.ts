/** How much of a batch's history is read, however often it is asked for. */
import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import proto from '@temporalio/proto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BatchBody } from '../../src/api/batchBody.js';
import type { BatchMessageResult } from '../../src/contract/batch.js';
import type { BatchEntry } from '../../src/domain/batch.js';
import { messageSchema } from '../../src/domain/message.js';
import { chunksOf } from '../../src/store/batchContent.js';
import { BatchReader, type BatchMessage } from '../../src/store/batchHistory.js';
import type { BatchExecution } from '../../src/store/batches.js';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { startIntakeApi, type IntakeApi } from './intakeApi.js';
import { clientAnsweredBy, grpcError, type Call } from './temporalService.js';

const { DescribeWorkflowExecutionResponse, GetWorkflowExecutionHistoryResponse } =
  proto.temporal.api.workflowservice.v1;

const SLICE = 2;
const SLICES = 6;
const RUN = '0a1b2c3d-0000-4000-8000-000000000001';
/** So few that a reading takes several. */
const EVENTS_OF_A_PAGE = 3;

const entries = Array.from({ length: SLICE * SLICES }, (_, index): BatchEntry => ({
  message: messageSchema.parse({
    deduplicationKey: `message-${index}`,
    destinations: ['slack:default/C0123ABC'],
    content: { text: 'text' },
  }),
}));

const input = (...values: unknown[]) => ({
  payloads: toPayloads(defaultPayloadConverter, ...values),
});

/** All events that the history will have. */
let events: object[] = [];
/** How many of them it has by now. */
let length = 0;
let isClosed = false;
let refuses = false;

beforeAll(async () => {
  const [chunk] = await chunksOf(entries);
  const slices = Array.from({ length: SLICES }, (_, slice) => {
    const results = Array.from({ length: SLICE }, (): BatchMessageResult => ({
      outcome: 'accepted',
      traceId: `trace-${slice}`,
    }));
    const scheduledEventId = 2 + slice * 3;
    return [
      {
        activityTaskScheduledEventAttributes: {
          activityType: { name: 'startBatchMessages' },
          input: input({ chunk: 0, from: slice * SLICE, count: SLICE }),
        },
      },
      { activityTaskStartedEventAttributes: { scheduledEventId } },
      { activityTaskCompletedEventAttributes: { scheduledEventId, result: input(results) } },
    ];
  });
  const start = {
    workflowExecutionStartedEventAttributes: {
      input: input({ chunkSizes: [entries.length], traceId: 'a', acceptedAtUs: 0 }, chunk?.bytes),
    },
  };
  events = [start, ...slices.flat()].map((event, index) => ({ ...event, eventId: index + 1 }));
});

function answer({ method, request }: Call): unknown {
  if (method === 'describeWorkflowExecution') return description();
  if (!method.startsWith('getWorkflowExecutionHistory')) return undefined;
  if (refuses) throw grpcError(GRPC_STATUS.UNAVAILABLE, 'away');
  const known = events.slice(0, length);
  const ordered = method.endsWith('Reverse') ? known.reverse() : known;
  const from = Number(
    Buffer.from((request.nextPageToken as Uint8Array | undefined) ?? []).toString(),
  );
  const to = from + EVENTS_OF_A_PAGE;
  return GetWorkflowExecutionHistoryResponse.fromObject({
    history: { events: ordered.slice(from, to) },
    nextPageToken: to < ordered.length ? Buffer.from(String(to)) : Buffer.alloc(0),
  });
}

const memo = {
  chunkSizes: [entries.length],
  refused: 0,
  traceId: 'a',
  fingerprint: '',
  startToken: '',
};

function description() {
  const time = { seconds: 1_764_158_400, nanos: 0 };
  const fields = Object.entries(memo).map(([name, value]) => [name, input(value).payloads?.[0]]);
  return DescribeWorkflowExecutionResponse.fromObject({
    workflowExecutionInfo: {
      execution: { workflowId: 'sendproof/batch/nightly', runId: RUN },
      type: { name: 'batch' },
      taskQueue: 'sendproof',
      status: isClosed ? 2 : 1,
      startTime: time,
      executionTime: time,
      ...(isClosed && { closeTime: time }),
      historyLength: length,
      memo: { fields: Object.fromEntries(fields) as Record<string, unknown> },
      searchAttributes: { indexedFields: {} },
    },
  });
}

beforeEach(() => {
  length = 4;
  isClosed = false;
  refuses = false;
});

const execution = (runId = RUN) =>
  ({ id: 'nightly', runId, historyLength: length, memo }) as unknown as BatchExecution;

const accepted = (messages: readonly BatchMessage[] | undefined) =>
  messages?.map(({ entry, result }) => [
    'message' in entry && entry.message.deduplicationKey,
    result?.outcome === 'accepted' && result.traceId,
  ]);

describe('GET /v1/batches/{id}', () => {
  let intake: IntakeApi;
  beforeAll(async () => {
    intake = await startIntakeApi({}, answer);
  });
  afterAll(() => intake.close());

  /** The calls to Temporal that a request makes, and how many of its messages are accepted. */
  async function read(query = ''): Promise<{ calls: string[]; accepted: number | undefined }> {
    intake.calls.splice(0);
    const response = await fetch(`${intake.api.url}/v1/batches/nightly${query}`);
    expect(response.status).toBe(200);
    const { results } = (await response.json()) as BatchBody;
    return {
      calls: intake.calls.map(({ method }) => method),
      accepted: results?.filter(({ outcome }) => outcome === 'accepted').length,
    };
  }

  const DESCRIBE = 'describeWorkflowExecution';
  const WHOLE = 'getWorkflowExecutionHistory';
  const NEWEST = 'getWorkflowExecutionHistoryReverse';

  it('reads no part of the history twice', async () => {
    expect(await read('?results=none')).toEqual({ calls: [DESCRIBE], accepted: undefined });
    expect(await read()).toEqual({ calls: [DESCRIBE, WHOLE, WHOLE], accepted: SLICE });
    expect(await read()).toEqual({ calls: [DESCRIBE], accepted: SLICE });
    length += 3;
    expect(await read()).toEqual({ calls: [DESCRIBE, NEWEST], accepted: 2 * SLICE });
    expect(await read('?results=refused')).toEqual({ calls: [DESCRIBE], accepted: 0 });
    length = events.length;
    isClosed = true;
    const last = await read();
    expect(last.accepted).toBe(entries.length);
    expect(last.calls).toEqual([DESCRIBE, NEWEST, NEWEST, NEWEST, NEWEST]);
    for (let time = 0; time < 3; time += 1) {
      expect(await read()).toEqual({ calls: [DESCRIBE], accepted: entries.length });
    }
  });
});

describe('a history that grows', () => {
  it('is read as if it was read at once, whenever it is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ more: fc.nat(7), readers: fc.integer({ min: 1, max: 3 }) })),
        async (steps) => {
          length = 1;
          const client = clientAnsweredBy(answer);
          const reader = new BatchReader();
          for (const { more, readers } of steps) {
            length = Math.min(events.length, length + more);
            const expected = accepted(await new BatchReader().messages(client, execution()));
            const read = await Promise.all(
              Array.from({ length: readers }, () => reader.messages(client, execution())),
            );
            for (const each of read) expect(accepted(each)).toEqual(expected);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is read once for all that ask at once, and again after a failure', async () => {
    let calls = 0;
    const client = clientAnsweredBy((call) => {
      calls += 1;
      return answer(call);
    });
    const reader = new BatchReader();
    length = 3;
    refuses = true;
    await expect(reader.messages(client, execution())).rejects.toThrow();
    refuses = false;
    calls = 0;
    await Promise.all(Array.from({ length: 20 }, () => reader.messages(client, execution())));
    expect(calls).toBe(1);
  });

  it('is kept for a minute, and the latest ones within a bound', async () => {
    let calls = 0;
    const client = clientAnsweredBy((call) => {
      calls += 1;
      return answer(call);
    });
    length = 3;
    let now = 0;
    const [chunk] = await chunksOf(entries);
    const mostBytes = 2.5 * (chunk?.bytes.length ?? 0);
    const reader = new BatchReader({ mostBytes, now: () => now });
    const read = async (runId: string) => {
      calls = 0;
      await reader.messages(client, execution(runId));
      return calls;
    };
    expect([await read('a'), await read('b'), await read('a')]).toEqual([1, 1, 0]);
    expect([await read('c'), await read('a'), await read('b')]).toEqual([1, 0, 1]);
    now += 59_000;
    expect(await read('b')).toBe(0);
    now += 61_000;
    expect(await read('b')).toBe(1);
  });
});
