import { isGrpcServiceError, type Client, ServiceError } from '@temporalio/client';
import pLimit from 'p-limit';
import { Problem } from './problem.js';

/** As many calls as keep one Temporal frontend busy; more at once only makes each of them slower. */
const CONCURRENT = 100;
/** Beyond the running ones. At the pace of the slowest measured server these are over in some seconds. */
const WAITING = 400;
/** Well above the slowest start that was measured under load, and well below what webhook senders wait. */
const DEADLINE_MS = 8_000;
const RETRY_AFTER_SECONDS = 2;

/** Runs something that calls Temporal: a bounded number at once, within a deadline, or answers 503. */
export type TemporalGate = <Result>(call: () => Promise<Result>) => Promise<Result>;

export function createTemporalGate(client: Client): TemporalGate {
  const limit = pLimit(CONCURRENT);
  return async (call) => {
    if (limit.pendingCount >= WAITING) {
      throw unavailable('overloaded', 'More requests wait for Temporal than it can answer soon.');
    }
    return await fromTemporal(() =>
      limit(() => client.withDeadline(Date.now() + DEADLINE_MS, call)),
    );
  };
}

/** Has what Temporal's client throws answered as a 503. */
export async function fromTemporal<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw isFromTemporal(error)
      ? unavailable('temporal_unavailable', 'Temporal didn’t answer.')
      : error;
  }
}

function unavailable(type: 'overloaded' | 'temporal_unavailable', what: string): Problem {
  return new Problem(
    type,
    `${what} Send it again with the same deduplication key: if it was accepted after all, that is answered as a duplicate.`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

/** What the client throws for a server that is away, slow or overloaded. What a caller can mend has classes of its own. */
function isFromTemporal(error: unknown): boolean {
  return error instanceof ServiceError || isGrpcServiceError(error);
}
