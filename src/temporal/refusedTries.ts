/**
 * What Temporal said when it refused a call that was then tried again. A connection tries some refusals again until the
 * deadline, and ends with an error that tells of the deadline alone.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { GRPC_STATUS, type GrpcFailure } from './grpcStatus.js';
import { isSearch } from './searches.js';

const NO_ANSWER: readonly number[] = [GRPC_STATUS.OK, GRPC_STATUS.DEADLINE_EXCEEDED];

interface RefusedTries {
  last?: GrpcFailure;
}

const noted = new AsyncLocalStorage<RefusedTries>();

/** @returns what the work rejects with, if it does, and the last refusal of one of its calls on a connection with `tryingAgain` */
export async function notingRefusals(
  work: () => Promise<unknown>,
): Promise<{ error?: unknown; refusal?: GrpcFailure | undefined }> {
  const tries: RefusedTries = {};
  try {
    await noted.run(tries, work);
    return {};
  } catch (error) {
    return { error, refusal: tries.last };
  }
}

type Interceptor = ReturnType<typeof makeGrpcRetryInterceptor>;
type Call = ReturnType<Parameters<Interceptor>[1]>;
type StatusObject = Parameters<ReturnType<typeof defaultGrpcRetryOptions>['retryableDecider']>[1];

/**
 * For a connection's `interceptors`: tries again as the SDK does by default, but ends its calls when the connection is closed, and has searches wait for their turn until the deadline. Where refusals are noted, it doesn't wait for a
 * try that would begin after the deadline.
 */
export const tryingAgain: Interceptor = (options, nextCall) => {
  const tries = noted.getStore();
  let last: StatusObject | undefined;
  const deadline = Number(options.deadline ?? Number.POSITIVE_INFINITY);
  const defaults = defaultGrpcRetryOptions();
  let delayMs = 0;
  const isOneOfMany = Number.isFinite(deadline) && isSearch(options.method_definition.path);
  const interceptor = makeGrpcRetryInterceptor({
    delayFunction: () => delayMs,
    retryableDecider: (attempt, status) => {
      last = status;
      const { code }: { code: number } = status;
      if (isOneOfMany && code === GRPC_STATUS.RESOURCE_EXHAUSTED) {
        delayMs = turnAfterMs(attempt);
        return Date.now() + delayMs < deadline;
      }
      delayMs = defaults.delayFunction(attempt, status);
      const isAllowed = defaults.retryableDecider(attempt, status);
      if (!tries) return isAllowed;
      const failure: GrpcFailure = { status: status.code, reason: status.details };
      if (!NO_ANSWER.includes(failure.status)) tries.last = failure;
      return isAllowed && Date.now() + delayMs < deadline;
    },
  });
  return interceptor(options, (next) => {
    try {
      return nextCall(next);
    } catch (error) {
      // A timer of the SDK's makes the next try, so nobody would catch this, and the call would never end.
      if (last === undefined) throw error;
      const closed = { code: GRPC_STATUS.CANCELLED, details: reasonOf(error) };
      return endedCall(Object.assign(last, closed));
    }
  });
};

/**
 * Temporal allows so many searches a second, and refuses the next at no cost. One that waits for its turn asks again after about
 * 100 ms, and later after up to 600 ms, where the SDK would wait for 1.7, 2.9 and 4.9 s while the limit is unused. Spread, since
 * those that were refused together would come together.
 */
function turnAfterMs(attempt: number): number {
  return 100 * Math.min(attempt, 4) * (0.5 + Math.random());
}

/** A connection that was closed makes no more calls. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'The connection was closed';

/** A call that ends with this status as soon as it begins. */
function endedCall(status: StatusObject): Call {
  const nothing = (): void => undefined;
  return {
    start: (_metadata, listener) => listener?.onReceiveStatus?.(status),
    cancelWithStatus: nothing,
    getPeer: () => '',
    sendMessageWithContext: nothing,
    sendMessage: nothing,
    startRead: nothing,
    halfClose: nothing,
    getAuthContext: () => null,
  };
}
