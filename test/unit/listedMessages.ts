/** Messages as Temporal lists them, made up by tests. */
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';

const COMPLETED = 2;
const RUNNING = 1;

export const payload = (value: unknown) => defaultPayloadConverter.toPayload(value);
/** @param ms epoch milliseconds */
export const time = (ms: number) => ({
  seconds: Math.floor(ms / 1_000),
  nanos: (ms % 1_000) * 1_000_000,
});

/** A workflow of a message as Temporal lists it. */
export function execution({
  attributes = {},
  id,
  memo = {},
  startedMs,
  tookMs,
}: {
  id: string;
  startedMs: number;
  /** Undefined: it is open. */
  tookMs?: number;
  attributes?: Record<string, unknown>;
  memo?: Record<string, unknown>;
}) {
  const payloads = (values: Record<string, unknown>, type?: string) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        const { data, metadata } = payload(value);
        const typed = type === undefined ? metadata : { ...metadata, type: Buffer.from(type) };
        return [name, { data, metadata: typed }];
      }),
    );
  return {
    execution: { workflowId: id, runId: '0a1b2c3d-0000-4000-8000-000000000001' },
    type: { name: 'deliverMessage' },
    taskQueue: 'sendproof',
    status: tookMs === undefined ? RUNNING : COMPLETED,
    startTime: time(startedMs),
    executionTime: time(startedMs),
    ...(tookMs !== undefined && { closeTime: time(startedMs + tookMs) }),
    historyLength: 12,
    memo: { fields: payloads(memo) },
    searchAttributes: { indexedFields: payloads(attributes, 'Keyword') },
  };
}

const { DescribeTaskQueueResponse, ListWorkflowExecutionsResponse } =
  proto.temporal.api.workflowservice.v1;

/** An answer that a test makes up of plain values, in the form that the gRPC client returns. */
export function asTemporalHasIt(method: string, answer: unknown): unknown {
  if (answer === undefined) return undefined;
  if (method === 'describeTaskQueue') return DescribeTaskQueueResponse.fromObject(answer as object);
  if (method === 'listWorkflowExecutions')
    return ListWorkflowExecutionsResponse.fromObject(answer as object);
  return answer;
}
