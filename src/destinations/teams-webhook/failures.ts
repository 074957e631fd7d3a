/** Classifies every answer of a Teams Workflows webhook. */
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
 * Undefined for a success: 202 (accepted), or 200 from a workflow that answers. A web page is no success: it comes from a
 * proxy in between.
 */
export function webhookFailure(answer: HttpAnswer): DeliveryError | undefined {
  const { status, retryAfterMs } = answer;
  if (status === 200 || status === 202) {
    const isPage = /^\s*</.test(answer.body);
    return isPage
      ? unexpectedAnswer('The Teams webhook', `HTTP ${status} with a page`, status)
      : undefined;
  }
  const code = errorCode(errorBody.safeParse(parseJson(answer.body)).data?.error.code);
  const remedy = REMEDIES[status];
  return new DeliveryError(
    `The Teams webhook answered HTTP ${status}${code ? ` ${code}` : ''}${remedy ? `: ${remedy}` : ''}.`,
    { ...failureOfWebhook(status), httpStatus: status, platformCode: code, retryAfterMs },
  );
}

/** Total over statuses. */
export function failureOfWebhook(status: number): Failure {
  return BY_STATUS[status] ?? failureOfStatus(status);
}
