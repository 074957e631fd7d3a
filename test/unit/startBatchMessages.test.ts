/** The activity that starts the messages of a batch, against a Temporal that answers as a test says. */
import proto from '@temporalio/proto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createStartBatchMessages } from '../../src/activities/startBatchMessages.js';
import { loadConfiguration } from '../../src/config/configuration.js';
import { messageId } from '../../src/acceptance/messageId.js';
import type { BatchMessageResult } from '../../src/contract/batch.js';
import type { BatchEntry } from '../../src/domain/batch.js';
import { messageSchema, type Message } from '../../src/domain/message.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { startTracing } from '../../src/telemetry/tracing.js';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { clientAnsweredBy, grpcError, type Call } from './temporalService.js';

const { DescribeWorkflowExecutionResponse } = proto.temporal.api.workflowservice.v1;

const tracing = startTracing('sendproof-test');
afterAll(() => tracing.stop());

let starts: string[] = [];
let memos: Record<string, unknown>[] = [];
let metrics = createMetrics();
beforeEach(() => {
  metrics = createMetrics();
  starts = [];
  memos = [];
});

const BATCH = { workflowId: 'sendproof/batch/nightly', runId: 'run-of-the-batch' };

const entry = (deduplicationKey: string, more: object = {}): { message: Message } => ({
  message: messageSchema.parse({
    deduplicationKey,
    destinations: ['slack:default/C0123ABC'],
    content: { text: deduplicationKey },
    ...more,
  }),
});

/** Who sends it, says no body: the API adds it. */
const entryOf = (tenant: string, deduplicationKey: string): BatchEntry => ({
  message: { ...entry(deduplicationKey).message, tenant },
});

async function run(
  entries: BatchEntry[],
  answer: (key: string, call: Call) => unknown = () => undefined,
  {
    attempt = 1,
    describe = () => ({}),
  }: { attempt?: number; describe?: (workflowId: string) => object } = {},
): Promise<BatchMessageResult[]> {
  const client = clientAnsweredBy(async (call) => {
    if (call.method === 'describeWorkflowExecution') {
      return describe((call.request.execution as { workflowId: string }).workflowId);
    }
    const { memo, workflowId } = call.request as {
      memo?: { fields: Record<string, { data: Uint8Array }> };
      workflowId: string;
    };
    const given = await answer(workflowId, call);
    if (given instanceof Error) throw given;
    starts.push(workflowId);
    memos.push(
      Object.fromEntries(
        Object.entries(memo?.fields ?? {}).map(([name, { data }]) => [
          name,
          JSON.parse(Buffer.from(data).toString()) as unknown,
        ]),
      ),
    );
    return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
  });
  const activity = createStartBatchMessages(
    {
      client,
      configuration: loadConfiguration({ PORT: '0', SLACK_BOT_TOKEN: 'unused' }),
      log: pino({ level: 'silent' }),
      metrics,
    },
    {
      read: () =>
        Promise.resolve({
          ...{ entries, seals: [], before: 100 },
          ...{ traceId: 'a'.repeat(32), acceptedAtUs: 1_000_000 },
        }),
    },
  );
  const environment = new MockActivityEnvironment({ attempt, workflowExecution: BATCH });
  return await environment.run(activity, { chunk: 0, from: 0, count: entries.length });
}

const outcomes = (results: BatchMessageResult[]) => results.map(({ outcome }) => outcome);

it('has a result for each message, in order, whatever the others are', async () => {
  const results = await run(
    [
      entry('one'),
      { faults: [{ field: 'content', detail: 'is missing' }] },
      entry('nowhere', { destinations: ['slack:unknown/C0123ABC'] }),
      entry('too-long'),
      entry('odd'),
      entry('last'),
    ],
    (key) => {
      if (key === 'too-long') {
        return grpcError(GRPC_STATUS.INVALID_ARGUMENT, 'WorkflowId length exceeds limit.');
      }
      return key === 'odd' ? new TypeError('nobody foresaw this') : undefined;
    },
  );
  expect(results).toMatchObject([
    { outcome: 'accepted' },
    { outcome: 'refused_at_once' },
    { outcome: 'refused', kind: 'invalid', faults: [{ field: 'destinations.0' }] },
    { outcome: 'refused', kind: 'invalid', faults: [{ field: 'deduplicationKey' }] },
    { outcome: 'failed' },
    { outcome: 'accepted' },
  ]);
  // What was refused when the batch was sent is no message whose turn came.
  const { values } = await metrics.batchMessages.get();
  expect(values.map(({ labels, value }) => [labels.outcome, value])).toEqual([
    ['accepted', 2],
    ['refused', 3],
  ]);
});

it.each([
  GRPC_STATUS.UNAVAILABLE,
  GRPC_STATUS.DEADLINE_EXCEEDED,
  GRPC_STATUS.RESOURCE_EXHAUSTED,
  GRPC_STATUS.PERMISSION_DENIED,
  GRPC_STATUS.INTERNAL,
])('is tried again as a whole where Temporal fails with status %i', async (status) => {
  const entries = Array.from({ length: 50 }, (_, index) => entry(`${index}`));
  const failing = run(entries, (key) => (key === '3' ? grpcError(status, 'away') : undefined));
  await expect(failing).rejects.toThrow();
  // What had not begun is left to the next try.
  expect(starts.length).toBeLessThan(50);
});

it('starts the messages of a conversation, and those with one key, one after the other', async () => {
  const entries = Array.from({ length: 40 }, (_, index) =>
    entry(`${index}`, { conversation: { key: index % 2 === 0 ? 'even' : 'odd' } }),
  );
  let running = 0;
  let most = 0;
  const results = await run([...entries, entry('same'), entry('same'), entry('same')], async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
    running -= 1;
  });
  expect(outcomes(results)).toEqual(Array(43).fill('accepted'));
  const even = starts.filter((key) => Number(key) % 2 === 0).map(Number);
  expect(even).toEqual([...even].sort((one, other) => one - other));
  expect(most).toBe(3);
});

it('gives each message its own token and its own time, as the batch was sent', async () => {
  await run([
    entry('first', { conversation: { key: 'talk' } }),
    entry('second', { conversation: { key: 'talk' } }),
  ]);
  expect(memos.map(({ startToken }) => String(startToken).split('.').at(-1))).toEqual([
    '100',
    '101',
  ]);
  expect(memos.map(({ conversation }) => conversation)).toMatchObject([
    { at: '1970-01-01T00:00:01.000100Z' },
    { at: '1970-01-01T00:00:01.000101Z' },
  ]);
});

describe('once the batch is cancelled', () => {
  const refused = () => grpcError(GRPC_STATUS.RESOURCE_EXHAUSTED, 'no more');
  /** The batch, and messages: one that an earlier try has started, and one of another sender. */
  const described = (workflowId: string): object => {
    if (workflowId === BATCH.workflowId) return { workflowExtendedInfo: { cancelRequested: true } };
    const token = { started: `${BATCH.runId}.101`, other: 'of another sender' }[workflowId];
    if (token === undefined) throw grpcError(GRPC_STATUS.NOT_FOUND, 'workflow not found');
    return descriptionOf(workflowId, token);
  };
  const entries = [entry('new'), entry('started'), entry('other'), { faults: [] }, entry('last')];

  it('starts nothing more from the second try on, and says what was started', async () => {
    const results = await run(entries, refused, { attempt: 2, describe: described });
    expect(results).toEqual([
      { outcome: 'cancelled' },
      { outcome: 'accepted', traceId: 'a'.repeat(32), known: true },
      { outcome: 'cancelled' },
      { outcome: 'refused_at_once' },
      { outcome: 'cancelled' },
    ]);
    expect(starts).toEqual([]);
  });

  it.each([
    ['a key', 'started'],
    ['a key that is hashed', 'k'.repeat(250)],
  ])('says what was started of a tenant’s messages, with %s', async (_, key) => {
    const id = messageId('acme', key);
    const results = await run([entryOf('acme', key), entryOf('acme', 'new')], refused, {
      attempt: 2,
      describe: (asked) =>
        asked === id ? descriptionOf(id, `${BATCH.runId}.100`) : described(asked),
    });
    expect(outcomes(results)).toEqual(['accepted', 'cancelled']);
  });

  it('starts the messages of the slice all the same with the first try', async () => {
    const results = await run(entries, undefined, { describe: described });
    expect(outcomes(results).filter((outcome) => outcome === 'accepted')).toHaveLength(4);
  });

  it('is tried again where Temporal can’t be asked, and starts on where it isn’t cancelled', async () => {
    const away = () => {
      throw grpcError(GRPC_STATUS.UNAVAILABLE, 'away');
    };
    await expect(run(entries, undefined, { attempt: 3, describe: away })).rejects.toThrow();
    expect(starts).toEqual([]);
    for (const info of [{}, { workflowExtendedInfo: { cancelRequested: false } }]) {
      const results = await run([entry('one')], undefined, { attempt: 3, describe: () => info });
      expect(outcomes(results)).toEqual(['accepted']);
    }
  });
});

function descriptionOf(workflowId: string, startToken: string) {
  const time = { seconds: 1_764_158_400, nanos: 0 };
  const data = Buffer.from(JSON.stringify(startToken));
  const token = { metadata: { encoding: Buffer.from('json/plain') }, data };
  return DescribeWorkflowExecutionResponse.fromObject({
    workflowExecutionInfo: {
      execution: { workflowId, runId: '0a1b2c3d-0000-4000-8000-000000000001' },
      type: { name: 'deliverMessage' },
      taskQueue: 'sendproof',
      status: 1,
      startTime: time,
      executionTime: time,
      historyLength: 3,
      memo: { fields: { startToken: token } },
      searchAttributes: { indexedFields: {} },
    },
  });
}
