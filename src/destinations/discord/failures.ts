/** Classifies every answer of Discord that is not a success: https://docs.discord.com/developers/topics/opcodes-and-status-codes */
import { z } from 'zod';
import { DeliveryError } from '../../domain/delivery.js';
import {
  failureOfStatus,
  parseJson,
  permanent,
  transient,
  unexpectedAnswer,
  type Failure,
} from '../../http/failure.js';
import { statedStatus } from '../../http/statedStatus.js';
import type { HttpAnswer } from '../../http/transport.js';

export const PLATFORM = 'Discord';

/** What a request does: posts, answers a post, edits one, or reads. */
export type Purpose = 'post' | 'reply' | 'edit' | 'read';

/** Who makes the request. A webhook has a secret URL instead of a token, and no permissions. */
export type Caller = 'bot' | 'webhook';

interface Meaning {
  failure: Failure;
  /** Where it means something else for an edit. */
  edit?: Failure;
  remedy?: string;
  /** Of a webhook’s request, where that is another one. */
  webhookRemedy?: string;
}

const GONE: Meaning = {
  failure: permanent('destination_not_found'),
  remedy: 'check the id of the channel or thread, and that the bot is in its server',
  webhookRemedy:
    'check that the webhook still exists (Edit Channel → Integrations → Webhooks), and the thread that its URL names',
};
const ACCESS: Meaning = {
  failure: permanent('not_authorised'),
  remedy:
    'give the bot View Channel, Send Messages, Embed Links and Read Message History in the channel (in a thread Send Messages in Threads)',
  webhookRemedy:
    'a webhook needs no permission: create another one in the channel (Edit Channel → Integrations → Webhooks), and configure its URL',
};
const WRONG_KIND: Meaning = {
  failure: permanent('destination_not_found'),
  remedy: 'name a text channel or a thread: a forum takes only posts in its threads',
};
const TOKEN: Meaning = {
  failure: permanent('credentials_rejected'),
  remedy: 'check the bot’s token, and configure a new one if it was reset',
  webhookRemedy: 'copy the URL of the webhook again, whole',
};
const REFUSED: Meaning = { failure: permanent('content_rejected') };
const MODERATED: Meaning = {
  ...REFUSED,
  remedy: 'the server’s moderation blocks such content: allow the bot there, or change the text',
  webhookRemedy: 'the server’s moderation blocks such content: change its rules, or the text',
};
const SLOW: Meaning = { failure: transient('rate_limited') };
const NOT_EDITABLE = permanent('edit_refused');

/** By the code in an error's body. */
const BY_CODE = new Map<number, Meaning>([
  [10003, GONE],
  [10004, GONE],
  [10008, { failure: permanent('post_not_found') }],
  [
    10015,
    {
      failure: permanent('destination_not_found'),
      remedy: 'the webhook was deleted: create another one, and configure its URL',
    },
  ],
  [20009, MODERATED],
  [20016, SLOW],
  [20022, SLOW],
  [20028, SLOW],
  [20029, SLOW],
  [20031, MODERATED],
  [
    30046,
    {
      failure: NOT_EDITABLE,
      remedy: 'Discord limits edits of posts that are older than an hour',
    },
  ],
  [40001, TOKEN],
  [40002, { ...TOKEN, failure: permanent('not_authorised'), remedy: 'verify the account' }],
  [40005, REFUSED],
  [40058, WRONG_KIND],
  [40062, SLOW],
  [50001, ACCESS],
  [
    50005,
    {
      failure: NOT_EDITABLE,
      remedy: 'only the bot that made a post can edit it',
      webhookRemedy: 'only the webhook that made a post can edit it',
    },
  ],
  [50006, REFUSED],
  [50007, { ...ACCESS, remedy: 'the person takes no messages from the bot' }],
  [50008, WRONG_KIND],
  [50013, ACCESS],
  [50014, TOKEN],
  [50021, { failure: NOT_EDITABLE }],
  [50024, WRONG_KIND],
  [
    50027,
    {
      failure: permanent('credentials_rejected'),
      remedy: 'copy the URL of the webhook again, whole',
    },
  ],
  [50035, REFUSED],
  [
    50083,
    {
      failure: permanent('destination_not_found'),
      edit: NOT_EDITABLE,
      remedy: 'the thread is archived: unarchive it, or send to another one',
    },
  ],
  [50109, REFUSED],
  [160002, ACCESS],
  [
    160005,
    {
      failure: permanent('not_authorised'),
      edit: NOT_EDITABLE,
      remedy: 'the thread is locked: unlock it, or send to another one',
    },
  ],
  [200000, MODERATED],
  [200001, MODERATED],
  [
    220001,
    {
      ...WRONG_KIND,
      remedy: 'add ?thread_id=… of a thread to the webhook’s URL: its channel is a forum',
    },
  ],
  [220003, WRONG_KIND],
  [240000, MODERATED],
]);

/** The statuses with a more specific meaning than in HTTP. */
const BY_STATUS: Partial<Record<number, Meaning>> = {
  401: TOKEN,
  403: ACCESS,
  404: GONE,
  410: GONE,
};

const errorBody = z.object({
  /** 0 where the status says all. */
  code: z
    .number()
    .optional()
    .catch(undefined)
    .transform((code) => (code === 0 ? undefined : code)),
  errors: z.record(z.string(), z.unknown()).optional().catch(undefined),
  retry_after: z.number().nonnegative().optional().catch(undefined),
});
type ErrorBody = z.infer<typeof errorBody>;

/** Cloudflare, before Discord, answers so to an address whose requests were refused too often. */
const BANNED = /error code: 1015\b|Error 1015\b/i;

/** What was asked of Discord, and by whom. */
interface Asked {
  purpose: Purpose;
  caller: Caller;
}

/** Undefined for a success: HTTP 200 with a JSON object or list that is no error. */
export function discordFailure(
  answer: HttpAnswer,
  purpose: Purpose,
  caller: Caller,
): DeliveryError | undefined {
  const asked: Asked = { purpose, caller };
  const { retryAfterMs, status } = answer;
  const json = parseJson(answer.body);
  const body: ErrorBody = errorBody.safeParse(json).data ?? { code: undefined };
  if (status === 200) return failureInSuccess(answer, json, body, asked);
  if (status === 204) {
    return unexpectedAnswer(PLATFORM, 'HTTP 204 without a message', status, retryAfterMs);
  }
  return failed(answer, status, body, asked);
}

function failed(
  { body: text, retryAfterMs: header, status: httpStatus }: HttpAnswer,
  status: number,
  body: ErrorBody,
  { caller, purpose }: Asked,
): DeliveryError {
  const isBan = status >= 400 && BANNED.test(text.slice(0, 4_096)) && body.code === undefined;
  const meaning = isBan ? BAN : meaningOf(status, body, purpose);
  const { failure } = meaning;
  const remedy = (caller === 'webhook' ? meaning.webhookRemedy : undefined) ?? meaning.remedy;
  const code = status >= 400 && status < 500 ? body.code : undefined;
  const fields = code === 50035 ? fieldsOf(body.errors ?? {}) : [];
  const what = [code, fields.length > 0 && `(${fields.join(', ')})`].filter(Boolean).join(' ');
  // In seconds, and more exact than the header, which is rounded up.
  const stated = body.retry_after === undefined ? undefined : Math.ceil(body.retry_after * 1_000);
  return new DeliveryError(
    `${PLATFORM} answered HTTP ${httpStatus}${what ? ` ${what}` : ''}${remedy ? `: ${remedy}` : ''}.`,
    {
      ...failure,
      httpStatus,
      platformCode: isBan ? CLOUDFLARE_BAN : code?.toString(),
      retryAfterMs: stated === undefined ? header : Math.min(stated, LONGEST_PAUSE_MS),
      separateLimit: purpose === 'edit' || purpose === 'read',
    },
  );
}

/** As for Retry-After. */
const LONGEST_PAUSE_MS = 24 * 60 * 60 * 1_000;

/** As the code of the platform, though it is not Discord's own. */
export const CLOUDFLARE_BAN = '1015';

const BAN: Meaning = {
  failure: transient('rate_limited'),
  remedy:
    'Cloudflare refuses this machine’s address for a while, because too many of its requests were refused: look for a token or a channel that Discord refuses',
};

function meaningOf(status: number, body: ErrorBody, purpose: Purpose): Meaning {
  const { code } = body;
  // Only a refusal is certain: what a failing server writes into its answer is not.
  const isRefusal = status >= 400 && status < 500;
  const isReferenceGone =
    isRefusal &&
    purpose === 'reply' &&
    code === 50035 &&
    body.errors?.message_reference !== undefined;
  if (isReferenceGone) return { failure: permanent('post_not_found') };
  const byCode = isRefusal && code !== undefined ? BY_CODE.get(code) : undefined;
  const meaning = byCode ?? BY_STATUS[status] ?? { failure: failureOfStatus(status) };
  const { edit, failure } = meaning;
  if (purpose !== 'edit') {
    const isNoEdit = failure.reason === 'edit_refused';
    return { ...meaning, failure: isNoEdit ? permanent('request_rejected') : failure };
  }
  // Of an edit, a 404 without a code that says so is the post.
  if (byCode === undefined && failure.reason === 'destination_not_found') {
    return { failure: permanent('post_not_found') };
  }
  return { ...meaning, failure: edit ?? failure };
}

/** The names of the fields that are wrong, as `embeds.0.description`, without what was in them. */
function fieldsOf(errors: Record<string, unknown>, path: string[] = []): string[] {
  return Object.entries(errors)
    .slice(0, 20)
    .flatMap(([name, inner]) => {
      if (name === '_errors') return path.length === 0 ? [] : [path.join('.')];
      const isField = /^\w{1,40}$/.test(name) && typeof inner === 'object' && inner !== null;
      return isField && path.length < 8
        ? fieldsOf(inner as Record<string, unknown>, [...path, name])
        : [];
    })
    .slice(0, 5);
}

/** A success is a message or a list. What states an error is judged by what it states. */
function failureInSuccess(
  answer: HttpAnswer,
  json: unknown,
  body: ErrorBody,
  asked: Asked,
): DeliveryError | undefined {
  if (Array.isArray(json)) return undefined;
  const isObject = typeof json === 'object' && json !== null;
  if (isObject && 'id' in json && typeof json.id === 'string') return undefined;
  const status = statedStatus(answer.body);
  if (status !== undefined) return failed(answer, status, body, asked);
  return unexpectedAnswer(
    PLATFORM,
    isObject ? 'HTTP 200 without an id' : 'HTTP 200 without a JSON object',
    answer.status,
    answer.retryAfterMs,
  );
}
