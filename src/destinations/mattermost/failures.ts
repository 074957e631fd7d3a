/** Classifies every answer of Mattermost that is not a success: https://developers.mattermost.com/api-documentation/ */
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

export const PLATFORM = 'Mattermost';

/** What a request does: posts, answers a post, edits one, reads, or posts through a webhook. */
export type Purpose = 'post' | 'reply' | 'edit' | 'read' | 'webhook';

interface Meaning {
  failure: Failure;
  remedy?: string;
}

/** The ids of errors, from the most specific on. A server of another release may have others of the same family. */
const BY_ID: [RegExp, Meaning][] = [
  [
    /^web\.incoming_webhook\.disabled\./,
    {
      failure: permanent('request_rejected'),
      remedy: 'allow incoming webhooks in the System Console (Integrations)',
    },
  ],
  [
    /^web\.incoming_webhook\.(?:invalid|channel|channel_locked)\./,
    {
      failure: permanent('destination_not_found'),
      remedy: 'the webhook or its channel was removed: create another one, and configure its URL',
    },
  ],
  [
    /^web\.incoming_webhook\.(?:permissions|user)\./,
    {
      failure: permanent('not_authorised'),
      remedy:
        'whoever made the webhook may not post to its channel: add them to it, or have a member create another webhook',
    },
  ],
  [
    /^web\.incoming_webhook\.(?:text|parse|split_props_length)/,
    { failure: permanent('content_rejected') },
  ],
  [
    /can_not_post_to_deleted|can_not_update_post_in_deleted/,
    {
      failure: permanent('destination_not_found'),
      remedy: 'the channel is archived: unarchive it, or send to another one',
    },
  ],
  [/^api\.post\.create_post\.(?:channel_)?root_id\./, { failure: permanent('post_not_found') }],
  [
    /permissions_time_limit/,
    {
      failure: permanent('edit_refused'),
      remedy: 'the server’s settings allow edits only for some time',
    },
  ],
  [/^api\.post\.update_post\.|^api\.post\.patch_post\./, { failure: permanent('edit_refused') }],
  [/^model\.post\.is_valid\./, { failure: permanent('content_rejected') }],
  [
    /session_expired|invalid_token|token_provided|mfa_required/,
    {
      failure: permanent('credentials_rejected'),
      remedy: 'check the token, and that the bot and access tokens are enabled on the server',
    },
  ],
];

/** Of requests of a bot. */
const REMEDIES: Partial<Record<Failure['reason'], string>> = {
  credentials_rejected:
    'check the token, and that the bot and access tokens are enabled on the server',
  not_authorised: 'check the id of the channel, and add the bot to its team and to the channel',
  destination_not_found: 'check the server’s address and the id of the channel',
};

const WEBHOOK_REMEDIES: typeof REMEDIES = {
  destination_not_found:
    'check the webhook’s URL; where its channel was removed, create another webhook',
};

/** The statuses with a more specific meaning than in HTTP. */
const BY_STATUS: Partial<Record<number, Failure>> = {
  404: permanent('destination_not_found'),
  410: permanent('destination_not_found'),
};

const errorBody = z.object({ id: z.string() });

/** A success of each purpose: https://developers.mattermost.com/api-documentation/#/operations/CreatePost */
const SUCCESSES: Record<Purpose, number> = {
  post: 201,
  reply: 201,
  edit: 200,
  read: 200,
  webhook: 200,
};

/** Undefined for a success: of a webhook the word ok, else a JSON object with an id or a list of posts. */
export function mattermostFailure(answer: HttpAnswer, purpose: Purpose): DeliveryError | undefined {
  const { body, retryAfterMs, status } = answer;
  const json = parseJson(body);
  if (status !== SUCCESSES[purpose]) return failed(answer, status, purpose);
  if (purpose === 'webhook' ? body.trim() === 'ok' : isResource(json)) return undefined;
  const stated = statedStatus(body);
  if (stated !== undefined) return failed(answer, stated, purpose);
  const what = purpose === 'webhook' ? 'HTTP 200 without "ok"' : `HTTP ${status} without an id`;
  return unexpectedAnswer(PLATFORM, what, status, retryAfterMs);
}

/** An error has an id, too, which is a sentence of words and dots. */
function isResource(json: unknown): boolean {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false;
  return ('id' in json && typeof json.id === 'string' && !json.id.includes('.')) || 'order' in json;
}

function failed(answer: HttpAnswer, status: number, purpose: Purpose): DeliveryError {
  const { headers, retryAfterMs } = answer;
  const id = errorCode(errorBody.safeParse(parseJson(answer.body)).data?.id);
  const { failure, remedy } = meaningOf(status, id, purpose);
  const limitMs =
    failure.reason === 'rate_limited' ? resetAfterMs(headers['x-ratelimit-reset']) : undefined;
  return new DeliveryError(
    `${PLATFORM} answered HTTP ${answer.status}${id === undefined ? '' : ` ${id}`}${remedy ? `: ${remedy}` : ''}.`,
    {
      ...failure,
      httpStatus: answer.status,
      platformCode: id,
      retryAfterMs: retryAfterMs ?? limitMs,
    },
  );
}

/** Total over statuses and ids. A failing server's error is believed only where it names what it refuses. */
function meaningOf(status: number, id: string | undefined, purpose: Purpose): Meaning {
  const isRefusal = (status >= 400 && status < 500) || status === 501;
  const byId =
    isRefusal && id !== undefined ? BY_ID.find(([form]) => form.test(id))?.[1] : undefined;
  // Of 501 only what is switched off.
  if (byId && (status !== 501 || byId.failure.reason === 'request_rejected')) {
    return byId;
  }
  const failure = BY_STATUS[status] ?? failureOfStatus(status);
  if (purpose === 'edit' && failure.reason === 'destination_not_found') {
    return { failure: permanent('post_not_found') };
  }
  if (purpose === 'edit' && failure.reason === 'not_authorised') {
    return {
      failure: permanent('edit_refused'),
      remedy: 'only the bot that made a post can edit it, while it is in the channel',
    };
  }
  const remedies = purpose === 'webhook' ? WEBHOOK_REMEDIES : REMEDIES;
  return { failure, remedy: remedies[failure.reason] };
}

/** Seconds, or the time itself in seconds since the epoch. */
function resetAfterMs(header: string | undefined): number | undefined {
  const seconds = /^\d{1,12}$/.test(header ?? '') ? Number(header) : undefined;
  if (seconds === undefined) return undefined;
  const isTime = seconds > 1_000_000_000;
  const milliseconds = isTime ? seconds * 1_000 - Date.now() : seconds * 1_000;
  return Math.min(Math.max(0, milliseconds), 24 * 60 * 60 * 1_000);
}
