/** Classifies every answer of Microsoft Graph that is not a success. */
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
import { statedStatus } from '../../http/statedStatus.js';
import type { HttpAnswer } from '../../http/transport.js';
import { own } from '../../lib/own.js';

const PLATFORM = 'Microsoft Graph';

/**
 * The statuses with a more specific meaning than in HTTP:
 * https://learn.microsoft.com/graph/errors#http-status-codes
 */
const BY_STATUS: Partial<Record<number, Failure>> = {
  404: permanent('destination_not_found'),
  410: permanent('destination_not_found'),
  // "The app has been throttled for exceeding the maximum bandwidth cap."
  509: transient('rate_limited'),
};

/**
 * Codes that are more specific than their status: https://learn.microsoft.com/graph/errors#code-property. A code that means
 * throttling overrides the status, since throttled requests are not executed.
 */
const BY_CODE: Partial<Record<string, Failure>> = {
  toomanyrequests: transient('rate_limited'),
  throttledrequest: transient('rate_limited'),
  activitylimitreached: transient('rate_limited'),
  applicationthrottled: transient('rate_limited'),
  requestbodytoolarge: permanent('content_rejected'),
  messagesizeexceeded: permanent('content_rejected'),
  authorization_requestdenied: permanent('not_authorised'),
  accessdenied: permanent('not_authorised'),
  invalidauthenticationtoken: permanent('credentials_rejected'),
  authenticationfailure: permanent('credentials_rejected'),
};

const REMEDIES: Partial<Record<number, string>> = {
  401: 'sign the service user in again; an app-only token can’t post',
  403: 'make the service user a member of the team or chat, and check the app’s delegated permissions and their consent',
  404: 'check the ids, and that the service user is a member of the team or chat',
};

const errorBody = z.object({
  error: z.object({
    code: z.string(),
    innerError: z.object({ code: z.string() }).optional().catch(undefined),
  }),
});
const anyErrorBody = z.object({ error: z.unknown().refine((error) => error != null) });

/**
 * Undefined for a success.
 *
 * @param wanted what a success has: HTTP 200 or 201 with a JSON object that has no error; or for a PATCH HTTP 204, or 200, without
 * anything else
 */
export function graphFailure(
  answer: HttpAnswer,
  wanted: 'an object' | 'nothing',
): DeliveryError | undefined {
  const body = parseJson(answer.body);
  const { status, retryAfterMs } = answer;
  const error = errorBody.safeParse(body).data?.error;
  // Inside a general code there is sometimes a more specific one.
  const inner = errorCode(error?.innerError?.code);
  const code = inner !== undefined && NAMES_A_PLACE.test(inner) ? inner : errorCode(error?.code);
  if (status >= 200 && status < 300 && anyErrorBody.safeParse(body).success) {
    return statedFailure(answer, code);
  }
  if (
    wanted === 'nothing' &&
    (status === 204 || (status === 200 && saysNothing(answer.body, body)))
  ) {
    return undefined;
  }
  if (wanted === 'an object' && (status === 200 || status === 201)) {
    return typeof body === 'object' && body !== null
      ? undefined
      : unexpectedAnswer(PLATFORM, `HTTP ${status} without a JSON object`, status, retryAfterMs);
  }
  const remedy = REMEDIES[status];
  return new DeliveryError(
    `${PLATFORM} answered HTTP ${status}${code ? ` ${code}` : ''}${remedy ? `: ${remedy}` : ''}.`,
    { ...failureOfGraph(status, code), httpStatus: status, platformCode: code, retryAfterMs },
  );
}

/** Whether a body is empty, or an object: neither the page of a proxy nor another status. */
function saysNothing(text: string, body: unknown): boolean {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  return text.trim() === '' || (isObject && statedStatus(text) === undefined);
}

/** An error inside a success is judged by its code, or by the status that it states. */
function statedFailure(
  { body, retryAfterMs, status }: HttpAnswer,
  code: string | undefined,
): DeliveryError {
  const stated = statedStatus(body);
  if (own(BY_CODE, code?.toLowerCase() ?? '') === undefined && stated === undefined) {
    return unexpectedAnswer(PLATFORM, `HTTP ${status} with an error`, status, retryAfterMs);
  }
  const what = code ?? stated;
  return new DeliveryError(
    `${PLATFORM} answered HTTP ${status}, with the error ${what} in its body.`,
    {
      ...failureOfGraph(stated ?? 400, code),
      httpStatus: status,
      platformCode: String(what),
      retryAfterMs,
    },
  );
}

/** Codes of a 404 that is about the team, the channel or the chat, as `TeamNotFound`. */
const NAMES_A_PLACE = /^(?:team|group|channel|chat|thread|conversation)_?not_?found$/i;

/** Statuses that mean, beside 403, that this message can't be edited, though it is there. */
const EDIT_REFUSALS: readonly number[] = [405, 412];

/** The failure of a request about an earlier message: an edit of it, or an answer to it. */
export function followUpFailure(error: DeliveryError, what: 'edit' | 'answer'): DeliveryError {
  const { httpStatus = 0, outcome, platformCode, reason } = error;
  if (outcome !== 'permanent') return error;
  if (reason === 'destination_not_found') {
    const isPlace = platformCode !== undefined && NAMES_A_PLACE.test(platformCode);
    return isPlace ? error : withFailure(error, permanent('post_not_found'));
  }
  if (what === 'answer') return error;
  // Two changes at once: the later one is repeated.
  if (httpStatus === 409) return withFailure(error, transient('platform_unavailable'));
  const isRefused = reason === 'not_authorised' || EDIT_REFUSALS.includes(httpStatus);
  return isRefused ? withFailure(error, permanent('edit_refused')) : error;
}

/** The failure of a request that only looks a name up. It says nothing of how fast the account may post. */
export function lookUpFailure(error: DeliveryError, permission: string): DeliveryError {
  const { httpStatus, message, outcome, platformCode, reason, retryAfterMs } = error;
  const answer = { outcome, reason, httpStatus, platformCode, retryAfterMs };
  if (reason === 'rate_limited')
    return new DeliveryError(message, { ...answer, separateLimit: true });
  if (reason !== 'not_authorised') return error;
  return new DeliveryError(
    `${PLATFORM} answered HTTP ${httpStatus ?? 403}: a mention needs the delegated permission ${permission}.`,
    answer,
  );
}

/** Whether Graph has nothing of the id that was asked for. */
export function isNotFound(error: unknown): boolean {
  return error instanceof DeliveryError && error.reason === 'destination_not_found';
}

function withFailure(error: DeliveryError, failure: Failure): DeliveryError {
  const { httpStatus, message, platformCode, retryAfterMs } = error;
  return new DeliveryError(message, { ...failure, httpStatus, platformCode, retryAfterMs });
}

/** Total over statuses and codes. Outside 400–599 the code is ignored. */
export function failureOfGraph(status: number, code: string | undefined): Failure {
  const byCode =
    status >= 400 && status < 600 ? own(BY_CODE, code?.toLowerCase() ?? '') : undefined;
  return byCode ?? BY_STATUS[status] ?? failureOfStatus(status);
}
