/** How a call to Temporal failed, by the status of gRPC: https://grpc.io/docs/guides/status-codes */
import { isGrpcServiceError } from '@temporalio/client';

export const GRPC_STATUS = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export interface GrpcFailure {
  /** One of `GRPC_STATUS`. */
  status: number;
  /** In the server's words. */
  reason: string;
}

/** The first gRPC failure among an error and its causes; undefined if there is none. */
export function grpcFailureOf(error: unknown): GrpcFailure | undefined {
  const failure = causesOf(error).find(isGrpcServiceError);
  // The native connection leaves `details` empty and has the reason as the message.
  return failure && { status: failure.code, reason: failure.details || failure.message };
}

/** An error, its cause, the cause of that, and so on. */
export function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  let next = error;
  while (next !== undefined && next !== null && !chain.includes(next)) {
    chain.push(next);
    next = (next as { cause?: unknown }).cause;
  }
  return chain;
}
