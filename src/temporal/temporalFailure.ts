import {
  NamespaceNotFoundError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { NoAnswerInTime } from './boundedClient.js';
import { TooManyCalls } from './callGate.js';
import { causesOf, GRPC_STATUS, grpcFailureOf } from './grpcStatus.js';

const FAILURES = [
  NoAnswerInTime,
  TooManyCalls,
  NamespaceNotFoundError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
];

/** Whether Temporal, or the way to it, failed: the same call may succeed later. */
export function isTemporalFailure(error: unknown): boolean {
  const chain = causesOf(error);
  return (
    grpcFailureOf(error) !== undefined ||
    chain.some((each) => FAILURES.some((type) => each instanceof type)) ||
    // Without a status there was no answer, unless something else than the connection failed.
    (error instanceof ServiceError && chain.length === 1)
  );
}

/** Whether Temporal, or the way to it, failed, and did not call the request itself invalid, which the next try doesn't change. */
export function isPassingFailure(error: unknown): boolean {
  return isTemporalFailure(error) && grpcFailureOf(error)?.status !== GRPC_STATUS.INVALID_ARGUMENT;
}
