/** Which dead letters are meant, and why: the options that the commands of `dead-letters` share, in their present and their old forms. */
import { FAILURE_REASONS, type FailureReason } from '../domain/delivery.js';
import type { Destination } from '../domain/destination.js';
import { remedy } from '../lib/nearest.js';
import { UsageError } from './errors.js';
import type { Output } from './output.js';

export interface DeadLetterOptions {
  /** As it was typed: the API validates it. */
  destination?: Destination;
  failureReason?: FailureReason;
  /** The explanation of a decision. Once it was the filter by the reason of the failure. */
  reason?: string;
  /** The old form of the explanation. */
  why?: string;
}

export interface DeadLetterFilter {
  destination?: Destination;
  reason?: FailureReason;
}

const FILTER_NOTICE =
  '"--reason" explains a decision. Here it was taken as "--failure-reason", which filters: use that from now on.';
const WHY_NOTICE = '"--why" is now called "--reason".';

/** For a command that decides nothing: a reason can only be that of a failure. */
export function readFilter(options: DeadLetterOptions, output: Output): DeadLetterFilter {
  const { destination, failureReason, reason } = options;
  if (reason === undefined) return filterOf(destination, failureReason);
  if (!isFailureReason(reason)) {
    throw new UsageError(
      `--reason explains a decision, and this command decides nothing. To filter, use --failure-reason; ${remedy(reason, FAILURE_REASONS)}`,
    );
  }
  if (failureReason !== undefined && failureReason !== reason) {
    throw new UsageError(
      '--failure-reason and --reason name different reasons: leave --reason out.',
    );
  }
  output.remark(FILTER_NOTICE);
  return filterOf(destination, reason);
}

/**
 * For a decision. A reason that is the name of a failure's was always a filter, and stays one unless `--failure-reason` is there: an old
 * script must not decide more than it was written for.
 */
export function readDecisionOptions(
  options: DeadLetterOptions,
  output: Output,
): { filter: DeadLetterFilter; explanation: string | undefined } {
  const { destination, failureReason, reason, why } = options;
  if (failureReason !== undefined && reason !== undefined && why !== undefined) {
    throw new UsageError('--reason and --why are the same now: leave --why out.');
  }
  if (why !== undefined) output.remark(WHY_NOTICE);
  if (failureReason !== undefined || reason === undefined) {
    return { filter: filterOf(destination, failureReason), explanation: reason ?? why };
  }
  if (isFailureReason(reason)) {
    output.remark(FILTER_NOTICE);
    return { filter: filterOf(destination, reason), explanation: why };
  }
  if (why !== undefined) {
    throw new UsageError(
      `--reason and --why are the same now, and "${reason}" is no reason of a failure to filter by; ${remedy(reason, FAILURE_REASONS)}`,
    );
  }
  return { filter: filterOf(destination, undefined), explanation: reason };
}

function filterOf(
  destination: Destination | undefined,
  reason: FailureReason | undefined,
): DeadLetterFilter {
  return {
    ...(destination !== undefined && { destination }),
    ...(reason !== undefined && { reason }),
  };
}

function isFailureReason(text: string): text is FailureReason {
  return (FAILURE_REASONS as readonly string[]).includes(text);
}
