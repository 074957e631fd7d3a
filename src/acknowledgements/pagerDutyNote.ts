/**
 * Notes on PagerDuty's incidents, through its REST API:
 * https://developer.pagerduty.com/api-reference/a1ac30885eb7a-create-a-note-on-an-incident
 */
import { z } from 'zod';
import { AcknowledgementError, type Acknowledgement } from '../domain/acknowledgement.js';
import { DeliveryError } from '../domain/delivery.js';
import { parseJson } from '../http/failure.js';
import { retryAfterMs } from '../http/retryAfter.js';
import { createTransport, type HttpAnswer, type HttpRequest } from '../http/transport.js';
import { errorOfStatus } from './failure.js';
import { noteText } from './noteText.js';
import type { PagerDutyAccount } from './policy.js';

const notesSchema = z.object({ notes: z.array(z.object({ content: z.string() })) });

const createdSchema = z.object({ note: z.object({ id: z.string() }) });

export interface NoteRequest {
  incidentId: string;
  webhookId: string;
  acknowledgement: Acknowledgement;
}

/**
 * Adds a note to an incident, unless it is there already. Resolves with the HTTP status; undefined where the note was there.
 * Rejects only with AcknowledgementError.
 */
export type WriteNote = (request: NoteRequest) => Promise<number | undefined>;

/**
 * PagerDuty has no idempotency key, so every attempt first searches for the id at the end of the note. Two attempts at the same
 * moment (after a worker was frozen) may still add two notes.
 *
 * @param requestTimeoutMs of each of the two requests, from the call to the end of the answer
 */
export function createWritePagerDutyNote(
  account: PagerDutyAccount,
  requestTimeoutMs: number,
): WriteNote {
  const transport = createTransport('PagerDuty', requestTimeoutMs);
  const api = account.apiUrl.replace(/\/+$/, '');
  return async ({ incidentId, webhookId, acknowledgement }) => {
    const url = new URL(`${api}/incidents/${encodeURIComponent(incidentId)}/notes`);
    const ask = (method: HttpRequest['method'], body?: object): Promise<HttpAnswer> => {
      const headers = headersFor(account);
      return transport({ method, url, headers, body: body && JSON.stringify(body) }).catch(
        (error: unknown) => Promise.reject(connectionError(error)),
      );
    };

    const listed = await ask('GET');
    if (listed.status !== 200) throw refusal(listed);
    const known = notesSchema.safeParse(parseJson(listed.body));
    if (!known.success) throw unexpectedAnswer(listed.status);
    if (known.data.notes.some(({ content }) => content.includes(webhookId))) return undefined;

    const created = await ask('POST', { note: { content: noteText(acknowledgement, webhookId) } });
    if (created.status !== 200 && created.status !== 201) throw refusal(created);
    // A page of a proxy, for example, is no note. The next attempt searches for it.
    if (!createdSchema.safeParse(parseJson(created.body)).success) {
      throw unexpectedAnswer(created.status);
    }
    return created.status;
  };
}

function headersFor({ from, token }: PagerDutyAccount): Record<string, string> {
  let secret: string;
  try {
    secret = token.reveal();
  } catch (error) {
    throw new AcknowledgementError(error instanceof Error ? error.message : 'No PagerDuty token.', {
      reason: 'not_configured',
      cause: error,
    });
  }
  return {
    accept: 'application/json',
    'content-type': 'application/json',
    authorization: `Token token=${secret}`,
    from,
  };
}

function refusal({ headers, retryAfterMs: asked, status }: HttpAnswer): AcknowledgementError {
  // https://support.pagerduty.com/main/docs/rest-api-rate-limits: in seconds.
  return errorOfStatus('PagerDuty', status, asked ?? retryAfterMs(headers['ratelimit-reset']));
}

function unexpectedAnswer(httpStatus: number): AcknowledgementError {
  return new AcknowledgementError(
    'PagerDuty gave an answer that its documentation does not describe.',
    { reason: 'unexpected_answer', httpStatus },
  );
}

/** Converts what the transport rejects with. */
function connectionError(error: unknown): AcknowledgementError {
  const reason = error instanceof DeliveryError ? error.reason : 'unexpected_answer';
  return new AcknowledgementError(
    error instanceof Error ? error.message : 'The request to PagerDuty failed.',
    {
      reason: reason === 'timeout' || reason === 'connection_failed' ? reason : 'unexpected_answer',
      cause: error,
    },
  );
}
