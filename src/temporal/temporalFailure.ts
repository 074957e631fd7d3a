import {
  NamespaceNotFoundError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { NoAnswerInTime } from './boundedClient.js';
import { TooManyCalls } from './callGate.js';
import { causesOf, grpcFailureOf } from './grpcStatus.js';

const FAILURES = [
  NoAnswerInTime,
  TooManyCalls,
  ServiceError,
  NamespaceNotFoundError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
];

/** Whether Temporal, or the way to it, failed: the same call may succeed later. */
export function isTemporalFailure(error: unknown): boolean {
  return (
    grpcFailureOf(error) !== undefined ||
    causesOf(error).some((each) => FAILURES.some((type) => each instanceof type))
  );
}
