/** Classifies failed requests, for all platforms. Each platform adds a table of its own error codes. */
import {
  DeliveryError,
  type DeliveryErrorOutcome,
  type FailureReason,
} from '../domain/delivery.js';

export interface Failure {
  outcome: DeliveryErrorOutcome;
  reason: FailureReason;
}

export const transient = (reason: FailureReason): Failure => ({ outcome: 'transient', reason });
export const permanent = (reason: FailureReason): Failure => ({ outcome: 'permanent', reason });
export const ambiguous = (reason: FailureReason): Failure => ({ outcome: 'ambiguous', reason });

/** The statuses with a more specific meaning (RFC 9110) than their class. */
const BY_STATUS: Partial<Record<number, Failure>> = {
  401: permanent('credentials_rejected'),
  403: permanent('not_authorised'),
  // The server stopped waiting for the request: it never received it completely.
  408: transient('timeout'),
  413: permanent('content_rejected'),
  422: permanent('content_rejected'),
  // Locked, too early: the server has not acted, and may do so later.
  423: transient('platform_unavailable'),
  425: transient('platform_unavailable'),
  429: transient('rate_limited'),
};

/**
 * The failure that an HTTP status alone stands for, total over 100–599 and beyond. 4xx: refused, so not
 * posted, as the server says. 5xx: the server received the request and may have acted on it before it failed. No chat platform
 * documents any other status as an answer to a post, so its effect is unknown.
 */
export function failureOfStatus(status: number): Failure {
  const known = BY_STATUS[status];
  if (known) return known;
  if (status >= 400 && status < 500) return permanent('request_rejected');
  if (status >= 500 && status < 600) return ambiguous('platform_unavailable');
  return ambiguous('unexpected_answer');
}

/** Platforms' error codes are single words. Anything else could be a page or an echo of the request, and is left out. */
const ERROR_CODE = /^[A-Za-z0-9_.:-]{1,80}$/;

/** The text where it has the form of a platform's error code. */
export function errorCode(text: unknown): string | undefined {
  return typeof text === 'string' && ERROR_CODE.test(text) ? text : undefined;
}

/** An error's body as JSON; undefined where it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The error for an undocumented answer of the platform or its SDK: whether the message was posted is unknown. */
export function unexpectedAnswer(
  platform: string,
  what: string,
  httpStatus?: number,
  retryAfterMs?: number,
): DeliveryError {
  return new DeliveryError(
    `${platform} gave an answer that its documentation does not describe: ${what}.`,
    { ...ambiguous('unexpected_answer'), httpStatus, retryAfterMs },
  );
}

/** Wraps any error of a request in a DeliveryError, the only error that the contract allows. */
export function asDeliveryError(error: unknown, platform: string): DeliveryError {
  if (error instanceof DeliveryError) return error;
  // Not as the cause: an SDK's error may carry the request, with its content and the token.
  const name = error instanceof Error ? error.name : typeof error;
  return unexpectedAnswer(
    platform,
    `its client library failed with ${errorCode(name) ?? 'an error'}`,
  );
}

/** Makes a request that posts nothing. An ambiguous failure of it is therefore transient. */
export async function withoutPosting<Result>(
  platform: string,
  request: () => Promise<Result>,
): Promise<Result> {
  try {
    return await request();
  } catch (thrown) {
    const error = asDeliveryError(thrown, platform);
    throw error.outcome === 'ambiguous' ? asTransient(error) : error;
  }
}

/** The same failure of a request that can't have posted anything. */
export function asTransient({
  message,
  reason,
  httpStatus,
  platformCode,
  retryAfterMs,
}: DeliveryError): DeliveryError {
  return new DeliveryError(message, {
    ...transient(reason),
    httpStatus,
    platformCode,
    retryAfterMs,
  });
}
