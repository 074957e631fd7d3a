/** Classifies every answer of a Teams webhook. */
import { z } from 'zod';
import { DeliveryError } from '../../domain/delivery.js';
import {
  errorCode,
  failureOfStatus,
  parseJson,
  permanent,
  unexpectedAnswer,
  type Failure,
} from '../../http/failure.js';
import { statedStatus } from '../../http/statedStatus.js';
import type { HttpAnswer } from '../../http/transport.js';

/**
 * The workflow behind the URL is the destination, and the URL's signature the credential:
 * https://learn.microsoft.com/azure/logic-apps/logic-apps-http-endpoint
 */
const BY_STATUS: Partial<Record<number, Failure>> = {
  400: permanent('content_rejected'),
  404: permanent('destination_not_found'),
  410: permanent('destination_not_found'),
};

const REMEDIES: Partial<Record<number, string>> = {
  401: 'copy the webhook’s URL again, whole: its signature was not accepted',
  403: 'check that the workflow lets anyone with the URL trigger it',
  404: 'the workflow was removed or switched off: switch it on, or make a new one',
};

const errorBody = z.object({ error: z.object({ code: z.string() }) });

/**
 * The bodies of a success: nothing (a workflow's 202, or the 200 of its Response action), or `1` (an Office connector's 200:
 * https://github.com/MicrosoftDocs/msteams-docs/issues/1810).
 */
const SUCCESS_BODIES = ['', '1'];

/** The beginning of a web page. */
const PAGE = /^\s*</;

/**
 * Undefined for a success: 200 or 202 with one of the documented bodies. A connector answers 200 with the error of Teams in its
 * text, as `Microsoft Teams endpoint returned HTTP error 429`; that answer is judged as a 429.
 */
export function webhookFailure(answer: HttpAnswer): DeliveryError | undefined {
  const { body, status } = answer;
  const isSuccess = status >= 200 && status < 300;
  if ((status === 200 || status === 202) && SUCCESS_BODIES.includes(body.trim())) return undefined;
  if (!isSuccess) return failedStatus(answer);
  // A page comes from a proxy: what it says is not about Teams.
  const stated = PAGE.test(body) ? undefined : statedStatus(body);
  return stated === undefined ? undocumented(answer) : statedFailure(answer, stated);
}

function failedStatus({ body, retryAfterMs, status }: HttpAnswer): DeliveryError {
  const code = codeIn(body);
  const remedy = REMEDIES[status];
  return new DeliveryError(
    `The Teams webhook answered HTTP ${status}${code ? ` ${code}` : ''}${remedy ? `: ${remedy}` : ''}.`,
    { ...failureOfWebhook(status), httpStatus: status, platformCode: code, retryAfterMs },
  );
}

function statedFailure({ body, retryAfterMs, status }: HttpAnswer, stated: number): DeliveryError {
  const remedy = REMEDIES[stated];
  return new DeliveryError(
    `The Teams webhook answered HTTP ${status}, with the error ${stated} in its text${remedy ? `: ${remedy}` : ''}.`,
    {
      ...failureOfWebhook(stated),
      httpStatus: status,
      platformCode: codeIn(body) ?? String(stated),
      retryAfterMs,
    },
  );
}

function undocumented({ body, retryAfterMs, status }: HttpAnswer): DeliveryError {
  const what = PAGE.test(body)
    ? 'with a page'
    : status === 200 || status === 202
      ? 'with text where a success has none (if the workflow has a Response action, remove its body)'
      : 'where a success is 200 or 202';
  return unexpectedAnswer('The Teams webhook', `HTTP ${status} ${what}`, status, retryAfterMs);
}

function codeIn(body: string): string | undefined {
  return errorCode(errorBody.safeParse(parseJson(body)).data?.error.code);
}

/** Total over statuses. */
export function failureOfWebhook(status: number): Failure {
  return BY_STATUS[status] ?? failureOfStatus(status);
}
