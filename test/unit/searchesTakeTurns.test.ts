/** What becomes of a call that Temporal refuses because of a limit. The clock is the test's. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { tryingAgain } from '../../src/temporal/refusedTries.js';

type Options = Parameters<typeof tryingAgain>[0];
type NextCall = Parameters<typeof tryingAgain>[1];
type Call = ReturnType<NextCall>;
type Listener = Parameters<Call['start']>[1];
type Status = Parameters<NonNullable<NonNullable<Listener>['onReceiveStatus']>>[0];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const SERVICE = '/temporal.api.workflowservice.v1.WorkflowService';
const SEARCHES = ['List', 'Count', 'Scan'].map((verb) => `${verb}WorkflowExecutions`);

interface Outcome {
  /** When each try was made, and when the call ended, in milliseconds from its start. */
  tries: number[];
  endedAt: number;
  code: number;
}

/** Makes a call that is refused so many times. */
async function call(
  method: string,
  { deadlineMs, refusals }: { deadlineMs: number; refusals: number },
): Promise<Outcome> {
  const startedAt = Date.now();
  const now = () => Date.now() - startedAt;
  const tries: number[] = [];
  const nothing = (): void => undefined;
  const nextCall: NextCall = () => ({
    start: (metadata, listener) => {
      tries.push(now());
      const refused = tries.length <= refusals;
      const code = refused ? GRPC_STATUS.RESOURCE_EXHAUSTED : GRPC_STATUS.OK;
      listener?.onReceiveMessage?.(refused ? null : {});
      const status: unknown = { code, details: 'namespace rate limit exceeded', metadata };
      listener?.onReceiveStatus?.(status as Status);
    },
    cancelWithStatus: nothing,
    getPeer: () => '',
    sendMessageWithContext: nothing,
    sendMessage: nothing,
    startRead: nothing,
    halfClose: nothing,
    getAuthContext: () => null,
  });
  const options = {
    method_definition: { path: `${SERVICE}/${method}` },
    deadline: startedAt + deadlineMs,
  } as unknown as Options;
  const intercepted = tryingAgain(options, nextCall);
  const ended = new Promise<Outcome>((resolve) => {
    const listener: Listener = {
      onReceiveStatus: ({ code }) => resolve({ tries, endedAt: now(), code }),
    };
    intercepted.start({ clone: () => ({}) } as never, listener);
    intercepted.sendMessage({});
    intercepted.halfClose();
  });
  await vi.advanceTimersByTimeAsync(deadlineMs);
  return await ended;
}

it.each(SEARCHES)('%s waits for its turn, however often it is refused', async (method) => {
  const { code, tries } = await call(method, { deadlineMs: 60_000, refusals: 30 });
  expect(code).toBe(GRPC_STATUS.OK);
  expect(tries).toHaveLength(31);
  const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
  expect(Math.max(...pauses)).toBeLessThanOrEqual(600);
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(50);
  // Those that were refused together don't come together again.
  expect(new Set(pauses).size).toBeGreaterThan(1);
});

it.each(SEARCHES)('%s ends with the refusal where its turn won’t come in time', async (method) => {
  const { code, endedAt, tries } = await call(method, { deadlineMs: 2_000, refusals: 1_000 });
  expect(code).toBe(GRPC_STATUS.RESOURCE_EXHAUSTED);
  expect(tries.length).toBeGreaterThan(3);
  expect(endedAt).toBeLessThan(2_000);
  expect(endedAt).toBeGreaterThan(1_000);
});

it.each(['StartWorkflowExecution', 'DescribeWorkflowExecution', 'ListNamespaces'])(
  '%s is tried again after a second or more, as the SDK does',
  async (method) => {
    const { code, tries } = await call(method, { deadlineMs: 60_000, refusals: 1 });
    expect(code).toBe(GRPC_STATUS.OK);
    expect(tries[1]).toBeGreaterThan(1_000);
  },
);
