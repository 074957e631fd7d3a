/** The page of a batch and its button, and what is said of a key while batches are being started. */
import proto from '@temporalio/proto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { startIntakeApi, type IntakeApi } from './intakeApi.js';
import { grpcError, type Call } from './temporalService.js';

const { DescribeWorkflowExecutionResponse, GetWorkflowExecutionHistoryResponse } =
  proto.temporal.api.workflowservice.v1;
const ID = 'nightly/1 <b>';

let intake: IntakeApi;
let isOpen = true;
let open: string[] = [];
let cancelled: Record<string, unknown>[] = [];

function description(workflowId: string) {
  const memo = {
    fingerprint: 'f',
    startToken: 's',
    chunkSizes: [120],
    refused: 0,
    traceId: 'a'.repeat(32),
    progress: { accepted: 50, duplicate: 0, refused: 0 },
  };
  const payload = (value: unknown) => ({
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from(JSON.stringify(value)),
  });
  const fields = Object.entries(memo).map(([name, value]) => [name, payload(value)]);
  const time = { seconds: 1_764_158_400, nanos: 0 };
  return DescribeWorkflowExecutionResponse.fromObject({
    workflowExecutionInfo: {
      execution: { workflowId, runId: '0a1b2c3d-0000-4000-8000-000000000001' },
      type: { name: 'batch' },
      taskQueue: 'sendproof',
      // Running, and completed.
      status: isOpen ? 1 : 2,
      startTime: time,
      executionTime: time,
      ...(!isOpen && { closeTime: time }),
      historyLength: 9,
      memo: { fields: Object.fromEntries(fields) as Record<string, unknown> },
      searchAttributes: { indexedFields: {} },
    },
  });
}

function answer({ method, request }: Call): unknown {
  const { workflowId = '' } = (request.execution ?? {}) as { workflowId?: string };
  switch (method) {
    case 'describeWorkflowExecution':
      if (workflowId === `sendproof/batch/${ID}`) return description(workflowId);
      throw grpcError(GRPC_STATUS.NOT_FOUND, 'workflow not found');
    case 'getWorkflowExecutionHistory':
      if (workflowId === `sendproof/batch/${ID}`)
        return GetWorkflowExecutionHistoryResponse.fromObject({ history: { events: [] } });
      throw grpcError(GRPC_STATUS.NOT_FOUND, 'workflow not found');
    case 'requestCancelWorkflowExecution':
      cancelled.push(request);
      return {};
    case 'describeNamespace':
      return { config: {} };
    case 'listWorkflowExecutions':
      if (!String(request.query).includes("'batch'")) return undefined;
      return {
        executions: open.map((id) => ({ execution: { workflowId: `sendproof/batch/${id}` } })),
      };
    default:
      return undefined;
  }
}

beforeAll(async () => {
  intake = await startIntakeApi({}, answer);
});
afterAll(() => intake.close());
beforeEach(() => {
  isOpen = true;
  open = [];
  cancelled = [];
});

const page = `/batches/${encodeURIComponent(ID)}`;

async function get(path: string) {
  const response = await fetch(`${intake.api.url}${path}`);
  return { status: response.status, text: await response.text() };
}

async function cancel(fields: Record<string, string>, site = 'same-origin') {
  return await fetch(`${intake.api.url}${page}/cancel`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': site },
    body: new URLSearchParams(fields),
  });
}

describe('the page of a batch', () => {
  it('has a button that cancels the rest, and comes back to the page', async () => {
    const { text } = await get(page);
    expect(text).toContain(`action="${page}/cancel"`);
    expect(text).toContain('70 are queued now');
    const answered = await cancel({ by: 'Kim 😀', reason: 'sent by mistake' });
    expect([answered.status, answered.headers.get('location')]).toEqual([303, page]);
    expect(cancelled).toMatchObject([
      {
        workflowExecution: { workflowId: `sendproof/batch/${ID}` },
        identity: 'Kim 😀',
        reason: 'sent by mistake',
      },
    ]);
    // A decision has a name.
    expect((await cancel({ by: '', reason: '' })).status).toBe(400);
    expect((await cancel({ by: 'Kim', reason: '' })).status).toBe(303);
  });

  it('takes no form of another site, and none with other fields', async () => {
    expect((await cancel({}, 'cross-site')).status).toBe(403);
    expect((await cancel({ destination: 'x' })).status).toBe(400);
    expect(cancelled).toEqual([]);
  });

  it('has no button once the batch has ended, and says why it can’t be cancelled', async () => {
    isOpen = false;
    expect((await get(page)).text).not.toContain('/cancel');
    const answered = await cancel({ by: 'Kim' });
    expect(answered.status).toBe(409);
    expect(await answered.text()).toContain('no message of it waits to be started');
    expect(cancelled).toEqual([]);
  });
});

describe('of a key that Temporal doesn’t know', () => {
  const said = async (): Promise<string[]> => {
    const [message, timeline] = await Promise.all([
      get('/v1/messages/some-key'),
      get('/v1/messages/some-key/timeline'),
    ]);
    expect([message.status, timeline.status]).toEqual([404, 200]);
    return [message.text, timeline.text];
  };

  it('nothing is said of batches where none is being started', async () => {
    for (const text of await said()) expect(text).not.toContain('batch');
  });

  it.each([
    [['a'], 'the batch “a”, which is being started'],
    [['a', 'b 😀'], 'one of the batches “a” and “b 😀”, which are being started'],
    [['a', 'b', 'c', 'd'], 'as “a”, “b” and “c” and others'],
  ])('the batches %j are named, in which it may wait', async (ids, expected) => {
    open = ids;
    for (const text of await said()) expect(text).toContain(expected);
  });
});
