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

const errorBody = z.object({ error: z.object({ code: z.string() }) });
const anyErrorBody = z.object({ error: z.unknown().refine((error) => error != null) });

/** Undefined for a success: HTTP 200 or 201 with a JSON object that has no error. */
export function graphFailure(answer: HttpAnswer): DeliveryError | undefined {
  const body = parseJson(answer.body);
  const { status, retryAfterMs } = answer;
  const code = errorCode(errorBody.safeParse(body).data?.error.code);
  if (status >= 200 && status < 300 && anyErrorBody.safeParse(body).success) {
    return statedFailure(answer, code);
  }
  if (status === 200 || status === 201) {
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

/** Total over statuses and codes. Outside 400–599 the code is ignored. */
export function failureOfGraph(status: number, code: string | undefined): Failure {
  const byCode =
    status >= 400 && status < 600 ? own(BY_CODE, code?.toLowerCase() ?? '') : undefined;
  return byCode ?? BY_STATUS[status] ?? failureOfStatus(status);
}
