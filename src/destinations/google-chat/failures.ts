/** Classifies every answer of Google Chat that is not a success: https://cloud.google.com/apis/design/errors */
import { z } from 'zod';
import { DeliveryError } from '../../domain/delivery.js';
import {
  errorCode,
  failureOfStatus,
  parseJson,
  permanent,
  transient,
  unexpectedAnswer,
  type Failure,
} from '../../http/failure.js';
import { retryAfterMs } from '../../http/retryAfter.js';
import { statedStatus } from '../../http/statedStatus.js';
import type { HttpAnswer } from '../../http/transport.js';
import { own } from '../../lib/own.js';

export const PLATFORM = 'Google Chat';

/** What a request does: posts, edits a post, or reads. */
export type Purpose = 'post' | 'reply' | 'edit' | 'read';

/** The statuses with a more specific meaning than in HTTP. */
const BY_STATUS: Partial<Record<number, Failure>> = {
  404: permanent('destination_not_found'),
  410: permanent('destination_not_found'),
};

/** The `status` of a google.rpc.Status: https://cloud.google.com/apis/design/errors#error_model */
const BY_CODE: Partial<Record<string, Failure>> = {
  INVALID_ARGUMENT: permanent('content_rejected'),
  OUT_OF_RANGE: permanent('content_rejected'),
  UNAUTHENTICATED: permanent('credentials_rejected'),
  PERMISSION_DENIED: permanent('not_authorised'),
  NOT_FOUND: permanent('destination_not_found'),
  RESOURCE_EXHAUSTED: transient('rate_limited'),
  // Two changes at once, of which this one was not made.
  ABORTED: transient('platform_unavailable'),
};

/** The `reason` of an ErrorInfo that is more specific than the status, and concerns the whole account. */
const BY_REASON: Partial<Record<string, Failure>> = {
  RATE_LIMIT_EXCEEDED: transient('rate_limited'),
  RESOURCE_QUOTA_EXCEEDED: transient('rate_limited'),
  SERVICE_DISABLED: permanent('credentials_rejected'),
  BILLING_DISABLED: permanent('credentials_rejected'),
  CONSUMER_SUSPENDED: permanent('credentials_rejected'),
  CONSUMER_INVALID: permanent('credentials_rejected'),
  ACCESS_TOKEN_EXPIRED: permanent('credentials_rejected'),
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: permanent('credentials_rejected'),
  API_KEY_INVALID: permanent('credentials_rejected'),
  API_KEY_SERVICE_BLOCKED: permanent('credentials_rejected'),
};

const REMEDIES: Partial<Record<Failure['reason'], string>> = {
  credentials_rejected:
    'check the service account and its key, and that the Google Chat API is enabled in its project',
  not_authorised: 'add the Chat app to the space, and check that the organisation allows it',
  destination_not_found: 'check the id of the space, and that the Chat app is a member of it',
};

const errorBody = z.object({
  error: z.object({
    code: z.number().optional(),
    status: z.string().optional(),
    details: z
      .array(z.object({ reason: z.string().optional(), retryDelay: z.unknown().optional() }))
      .optional()
      .catch(undefined),
  }),
});
const anyErrorBody = z.object({ error: z.unknown().refine((error) => error != null) });

interface Stated {
  /** As `NOT_FOUND`. */
  code: string | undefined;
  /** As `SERVICE_DISABLED`. */
  reason: string | undefined;
  /** The pause that a google.rpc.RetryInfo asks for, in milliseconds. */
  retryDelayMs: number | undefined;
}

/** Undefined for a success: HTTP 200 with a JSON object that has no error. */
export function chatFailure(answer: HttpAnswer, purpose: Purpose): DeliveryError | undefined {
  const body = parseJson(answer.body);
  const { status, retryAfterMs } = answer;
  const stated = statedIn(body);
  if (status >= 200 && status < 300 && anyErrorBody.safeParse(body).success) {
    return failureInSuccess(answer, stated, purpose);
  }
  if (status === 200) {
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? undefined
      : unexpectedAnswer(PLATFORM, 'HTTP 200 without a JSON object', status, retryAfterMs);
  }
  return failed(answer, failureOfChat(status, stated, purpose), stated);
}

function failed(
  { retryAfterMs: header, status }: HttpAnswer,
  failure: Failure,
  { code, reason, retryDelayMs }: Stated,
): DeliveryError {
  const what = [code, reason].filter(Boolean).join(' ');
  const remedy = REMEDIES[failure.reason];
  return new DeliveryError(
    `${PLATFORM} answered HTTP ${status}${what ? ` ${what}` : ''}${remedy ? `: ${remedy}` : ''}.`,
    {
      ...failure,
      httpStatus: status,
      platformCode: reason ?? code,
      retryAfterMs: header ?? retryDelayMs,
    },
  );
}

/** An error inside a success is judged by its code, or by the status that it states. */
function failureInSuccess(answer: HttpAnswer, stated: Stated, purpose: Purpose): DeliveryError {
  const status = statedStatus(answer.body);
  if (status !== undefined || own(BY_CODE, stated.code ?? '') !== undefined) {
    return failed(answer, failureOfChat(status ?? 400, stated, purpose), stated);
  }
  const what = `HTTP ${answer.status} with an error`;
  return unexpectedAnswer(PLATFORM, what, answer.status, answer.retryAfterMs);
}

function statedIn(body: unknown): Stated {
  const error = errorBody.safeParse(body).data?.error;
  const details = error?.details ?? [];
  const reason = details.find((detail) => detail.reason !== undefined)?.reason;
  const delay = details.find((detail) => detail.retryDelay !== undefined)?.retryDelay;
  return {
    code: errorCode(error?.status),
    reason: errorCode(reason),
    retryDelayMs: typeof delay === 'string' ? durationMs(delay) : undefined,
  };
}

/** A google.protobuf.Duration, as `3.5s`, is Retry-After with a unit. */
function durationMs(duration: string): number | undefined {
  return duration.endsWith('s') ? retryAfterMs(duration.slice(0, -1)) : undefined;
}

/** Total over statuses and codes. Outside 400–599 the code is ignored. */
export function failureOfChat(
  status: number,
  { code, reason }: Partial<Stated>,
  purpose: Purpose,
): Failure {
  const isError = status >= 400 && status < 600;
  const stated = isError ? (own(BY_REASON, reason ?? '') ?? own(BY_CODE, code ?? '')) : undefined;
  const failure = stated ?? BY_STATUS[status] ?? failureOfStatus(status);
  if (purpose === 'edit') return failureOfEdit(failure, status, code);
  const isPostGone = purpose === 'reply' && failure.reason === 'destination_not_found';
  return isPostGone ? permanent('post_not_found') : failure;
}

/** Statuses that mean, beside 403, that this post can't be edited, though it is there. */
const EDIT_REFUSALS: readonly number[] = [405, 412];

/** What wasn't found is the post, and what may not be done is its edit. */
function failureOfEdit(failure: Failure, status: number, code: string | undefined): Failure {
  if (failure.outcome !== 'permanent') return failure;
  if (failure.reason === 'destination_not_found') return permanent('post_not_found');
  // Two changes at once: the later one is repeated.
  if (status === 409) return transient('platform_unavailable');
  const isRefused =
    failure.reason === 'not_authorised' ||
    code === 'FAILED_PRECONDITION' ||
    EDIT_REFUSALS.includes(status);
  return isRefused ? permanent('edit_refused') : failure;
}
