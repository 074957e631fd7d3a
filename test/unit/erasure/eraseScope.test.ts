/** An erasure needs the scope `admin`: those who may decide can't take away what decisions are explained by. It reaches each run of the key. */
import proto from '@temporalio/proto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asTemporalHasIt, execution, payload, time } from '../listedMessages.js';
import { grpcError } from '../temporalService.js';
import { entry, startKeysApi, valueOf, type KeysApi } from '../keysApi.js';

const { DescribeWorkflowExecutionResponse, GetWorkflowExecutionHistoryResponse } =
  proto.temporal.api.workflowservice.v1;

let api: KeysApi;
beforeAll(async () => {
  api = await startKeysApi({
    keys: [entry('decider', ['send', 'read', 'decide', 'metrics']), entry('root', ['admin'])],
  });
});
afterAll(() => api.close());

const erase = (key: string | undefined, what: string) =>
  api.request('DELETE', `/v1/messages/some-key?erase=${what}`, { key });

it.each(['content', 'all', 'nonsense', ''])('is refused to others (erase=%s)', async (what) => {
  expect((await erase(undefined, what)).status).toBe(401);
  const { body, status } = await erase(valueOf('decider'), what);
  expect([status, body.type]).toEqual([403, 'not_allowed']);
  expect(body.detail).toContain('scope "admin"');
  expect(api.audit().at(-1)).toMatchObject({ key: 'decider', outcome: 'refused' });
});

it('is possible with it, and has two forms', async () => {
  expect([401, 403]).not.toContain((await erase(valueOf('root'), 'content')).status);
  expect((await erase(valueOf('root'), 'nonsense')).status).toBe(400);
});

describe('a message whose key Temporal can’t look for', () => {
  const KEY = 'disk "1"';
  const ofRun = (id: string, runId: string) => ({
    ...execution({ id, startedMs: 1_000, tookMs: 1_000 }),
    execution: { workflowId: id, runId },
  });
  const deleted: string[] = [];
  let hasMore = false;
  beforeAll(() => {
    api.answer = ({ method, request }) => {
      const asked = request as {
        execution?: { workflowId?: string };
        workflowExecution?: { workflowId: string; runId: string };
      };
      switch (method) {
        case 'describeWorkflowExecution':
          if (asked.execution?.workflowId !== KEY) return undefined;
          if (deleted.includes('present')) throw grpcError(5, 'workflow not found');
          return DescribeWorkflowExecutionResponse.fromObject({
            workflowExecutionInfo: ofRun(KEY, 'present'),
          });
        case 'getWorkflowExecutionHistory':
          return HISTORY;
        case 'listWorkflowExecutions':
          return asTemporalHasIt(method, {
            executions: [
              ...[ofRun(KEY, 'present'), ofRun(KEY, 'earlier')],
              ...[ofRun('disk "10"', 'another'), ofRun('disk ', 'another')],
            ],
            nextPageToken: Buffer.from(hasMore ? 'more' : ''),
          });
        case 'deleteWorkflowExecution':
          deleted.push(asked.workflowExecution?.runId ?? '');
          return {};
        default:
          return undefined;
      }
    };
  });
  beforeEach(() => {
    deleted.length = 0;
  });

  it.each([
    ['is erased with those that had its key before', false],
    ['says where not all were looked through', true],
  ])('%s', async (_, more) => {
    hasMore = more;
    const path = `/v1/messages/${encodeURIComponent(KEY)}?erase=all`;
    const { body, status } = await api.request('DELETE', path, { key: valueOf('root') });
    expect([status, [...new Set(deleted)]]).toEqual([200, ['present', 'earlier']]);
    expect(JSON.stringify(body.remains).includes('not all were looked through')).toBe(more);
  });
});

const HISTORY = GetWorkflowExecutionHistoryResponse.fromObject({
  history: {
    events: [
      {
        ...{ eventId: 1, eventTime: time(1_000), eventType: 1 },
        workflowExecutionStartedEventAttributes: {
          input: {
            payloads: [
              payload({
                ...{ content: { text: 'x' }, priority: 3, onAmbiguous: 'resend' },
                ...{ deliveries: [], traceId: '0'.repeat(32) },
              }),
            ],
          },
        },
      },
    ],
  },
});
