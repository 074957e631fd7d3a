/** Decisions on a message that ends at the same moment. */
import { Client } from '@temporalio/client';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Api } from '../../src/api/server.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { OPS, startHarness, type Harness } from '../harness.js';
import { grpcError } from '../unit/temporalService.js';

let harness: Harness;
let api: Api;
/** Runs instead of the call that decides, which it may make. */
let beforeDecision: (call: () => Promise<unknown>) => Promise<unknown>;

beforeAll(async () => {
  harness = await startHarness();
  harness.sandbox.addFault({ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' });
  const { connection, options } = harness.client;
  const workflowService = new Proxy(connection.workflowService, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const call = (...request: unknown[]) =>
        Reflect.apply(member, target, request) as Promise<unknown>;
      if (!/^(signal|requestCancel)WorkflowExecution$/.test(String(name))) return call;
      return (...request: unknown[]) => beforeDecision(() => call(...request));
    },
  });
  const intercepted = new Proxy(connection, {
    get: (target, name) => {
      if (name === 'workflowService') return workflowService;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  api = await startApi({
    configuration: harness.configuration,
    encryption: harness.encryption,
    client: new Client({ ...options, connection: intercepted }),
    metrics: { metrics: createMetrics() },
    log: pino({ enabled: false }),
  });
});
afterAll(async () => {
  await api.close();
  await harness.close();
});

let keys = 0;
async function parkedMessage(): Promise<string> {
  const key = `race-${(keys += 1)}`;
  await harness.send({ deduplicationKey: key, destinations: [OPS], content: { text: 'x' } });
  await harness.waitForStatus(key, 'dead_lettered');
  return key;
}

const DECISIONS: [string, string, (key: string) => string][] = [
  ['retry', 'POST', (key) => `/v1/messages/${key}/retry`],
  ['discard', 'POST', (key) => `/v1/messages/${key}/discard`],
  ['cancel', 'DELETE', (key) => `/v1/messages/${key}`],
];
const decide = async ([name, method, path]: (typeof DECISIONS)[number], key: string) =>
  (
    await harness.request(
      method,
      `${api.url}${path(key)}`,
      name === 'cancel' ? undefined : { by: 'ana', reason: 'x' },
    )
  ).status;

const FAILURES: [string, (() => Error) | undefined][] = [
  ['as the server says it', undefined],
  ...(['FAILED_PRECONDITION', 'UNAVAILABLE', 'ABORTED', 'RESOURCE_EXHAUSTED'] as const).map(
    (status): [string, () => Error] => [
      status,
      () => grpcError(GRPC_STATUS[status], 'the workflow is closing'),
    ],
  ),
  ['UNKNOWN', () => grpcError(GRPC_STATUS.UNKNOWN, 'something else')],
];

describe.each(DECISIONS)('%s of a message that has just ended', (...decision) => {
  it.each(FAILURES)('is refused, never a fault of the server: %s', async (_, failure) => {
    const key = await parkedMessage();
    beforeDecision = async (call) => {
      await harness.client.workflow.getHandle(key).terminate();
      if (!failure) return await call();
      throw failure();
    };
    expect([404, 409]).toContain(await decide(decision, key));
  });

  it('is refused while its end takes long', async () => {
    const key = await parkedMessage();
    beforeDecision = () =>
      Promise.reject(grpcError(GRPC_STATUS.UNAVAILABLE, 'workflow is closing'));
    expect(await decide(decision, key)).toBe(409);
  });
});

it('a second cancellation at the same time is accepted like the first', async () => {
  const key = await parkedMessage();
  beforeDecision = () =>
    Promise.reject(grpcError(GRPC_STATUS.ALREADY_EXISTS, 'cancellation already requested'));
  expect(await decide(['cancel', 'DELETE', (each) => `/v1/messages/${each}`], key)).toBe(202);
});
