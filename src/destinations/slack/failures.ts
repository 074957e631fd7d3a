/** Classifies every answer of Slack's Web API that is not a success. */
import { DeliveryError } from '../../domain/delivery.js';
import {
  ambiguous,
  errorCode,
  failureOfStatus,
  permanent,
  transient,
  unexpectedAnswer,
  type Failure,
} from '../../http/failure.js';
import type { HttpAnswer } from '../../http/transport.js';
import { describeProblems } from './blockProblems.js';
import { own } from '../../lib/own.js';

/**
 * The error codes of `chat.postMessage`, `chat.update`, `conversations.history`, `conversations.replies`,
 * `conversations.list`, `conversations.open`, `users.lookupByEmail`, `auth.test` and `oauth.v2.access`, from their reference pages
 * (https://docs.slack.dev/reference/methods/chat.postMessage and so on), by the failure that they stand for.
 */
const CODES_BY_FAILURE: [Failure, string[]][] = [
  [
    transient('rate_limited'),
    ['ratelimited', 'rate_limited', 'rate_limit_exceeded', 'message_limit_exceeded'],
  ],
  [
    // The workspace or channel is being moved: Slack refuses for a while.
    transient('platform_unavailable'),
    ['team_added_to_org', 'org_login_required', 'external_channel_migrating'],
  ],
  // The body arrived incomplete, so there was nothing to post.
  [transient('timeout'), ['request_timeout']],
  [
    // Slack documents that side effects may have happened, or doesn't exclude them.
    ambiguous('platform_unavailable'),
    ['internal_error', 'fatal_error', 'service_unavailable', 'rollup_error', 'update_failed'],
  ],
  [
    permanent('destination_not_found'),
    [
      'channel_not_found',
      'user_not_found',
      'users_not_found',
      'is_archived',
      'is_inactive',
      'team_not_found',
      'cannot_dm_bot',
      'user_disabled',
      'messages_tab_disabled',
    ],
  ],
  [
    permanent('not_authorised'),
    [
      'not_in_channel',
      'missing_scope',
      'no_permission',
      'access_denied',
      'accesslimited',
      'ekm_access_denied',
      'enterprise_is_restricted',
      'team_access_not_granted',
      'not_allowed_token_type',
      'metadata_must_be_sent_from_app',
      'as_user_not_supported',
      'user_is_restricted',
      'method_not_supported_for_channel_type',
    ],
  ],
  [
    permanent('credentials_rejected'),
    [
      'invalid_auth',
      'not_authed',
      'token_revoked',
      'token_expired',
      'account_inactive',
      'two_factor_setup_required',
      'invalid_refresh_token',
      'invalid_grant_type',
      'invalid_client_id',
      'bad_client_secret',
    ],
  ],
  [
    permanent('content_rejected'),
    [
      'msg_too_long',
      'msg_blocks_too_long',
      'no_text',
      'markdown_text_conflict',
      'metadata_too_large',
      'invalid_metadata_format',
      'invalid_metadata_schema',
      'invalid_attachments',
      'too_many_attachments',
      'too_many_contact_cards',
      'blocked_by_policy',
    ],
  ],
  [
    permanent('post_not_found'),
    ['message_not_found', 'thread_not_found', 'cannot_reply_to_message'],
  ],
  [
    permanent('edit_refused'),
    [
      'cant_update_message',
      'edit_window_closed',
      'cant_broadcast_message',
      'no_dual_broadcast_content_update',
      'block_mismatch',
      'message_not_owned_by_app',
    ],
  ],
];

/** Other meanings of codes in an answer to `chat.update`: https://docs.slack.dev/reference/methods/chat.update#errors */
const EDIT_REFUSALS: readonly string[] = [
  // Of a channel that is frozen, or takes no answers.
  'is_inactive',
  'no_permission',
  'blocked_by_policy',
];

const BY_CODE = new Map(
  CODES_BY_FAILURE.flatMap(([failure, codes]) => codes.map((code) => [code, failure] as const)),
);

/** Families of codes: Slack has added to them over the years. */
const BY_PREFIX: [string, Failure][] = [
  ['restricted_action', permanent('not_authorised')],
  ['invalid_blocks', permanent('content_rejected')],
  ['slack_connect_', permanent('content_rejected')],
];

/** The remedies for the codes that an operator can fix. */
const REMEDIES: Partial<Record<string, string>> = {
  channel_not_found:
    'check the channel’s id, and invite the app where the channel is private (/invite)',
  not_in_channel: 'invite the app to the channel (/invite), or give it the scope chat:write.public',
  is_archived: 'unarchive the channel, or send to another one',
  missing_scope: 'add the scope to the app and install it again',
  invalid_auth: 'check the token',
  token_revoked: 'install the app again and configure the new token',
  token_expired: 'install the app again and configure the new token',
  account_inactive: 'the app was removed or its workspace deleted: install it again',
  cant_update_message: 'only the app that made a post can edit it',
  edit_window_closed: 'the workspace’s settings allow edits only for some time',
};

/** Undefined for a success: HTTP 200 with a JSON object whose `ok` is true and that has no error. */
export function slackFailure(answer: HttpAnswer): DeliveryError | undefined {
  const body = answer.status === 200 || answer.status === 429 ? jsonObject(answer.body) : undefined;
  if (answer.status !== 200) return failedStatus(answer, errorCode(body?.error));
  if (body?.ok === true && body.error == null) return undefined;
  const code = errorCode(body?.error);
  if (body?.ok !== false || code === undefined) {
    return unexpectedAnswer(
      'Slack',
      body?.ok === true
        ? 'HTTP 200 with both "ok" and an error'
        : 'HTTP 200 without a JSON object that says "ok"',
      200,
      answer.retryAfterMs,
    );
  }
  const failure = failureOfCode(code);
  const needed = code === 'missing_scope' ? scopes(body.needed) : undefined;
  const details = needed ? `needed: ${needed}` : describeProblems(body);
  const remedy = own(REMEDIES, code);
  return new DeliveryError(
    `Slack answered ${code}${details ? ` (${details})` : ''}${remedy ? `: ${remedy}` : ''}.`,
    {
      ...failure,
      httpStatus: answer.status,
      platformCode: code,
      retryAfterMs: answer.retryAfterMs,
    },
  );
}

/** The scopes of which one is missing, as `channels:read, groups:read`. */
function scopes(needed: unknown): string | undefined {
  if (typeof needed !== 'string') return undefined;
  const each = needed.split(',').map((scope) => errorCode(scope.trim()));
  return each.every((scope) => scope !== undefined) ? each.join(', ') : undefined;
}

/** Whether Slack refused the blocks of a post, and so certainly did not post it. Its text may still be accepted. */
export function refusesBlocks({ platformCode }: DeliveryError): boolean {
  return (
    platformCode === 'msg_blocks_too_long' ||
    platformCode === 'block_mismatch' ||
    (platformCode ?? '').startsWith('invalid_blocks')
  );
}

/** Whether Slack refused what was to be posted, and so certainly did not post it. Another form of it may be accepted. */
export function refusesContent(error: unknown): boolean {
  return (
    error instanceof DeliveryError &&
    error.reason === 'content_rejected' &&
    error.outcome === 'permanent'
  );
}

/** Whether Slack refused to show an answer in the channel, too, and so certainly did not post it. */
export function refusesBroadcast({ platformCode }: DeliveryError): boolean {
  return platformCode === 'cant_broadcast_message';
}

/** The failure of an edit, where a code means something else there than for a post. */
export function editFailure(error: DeliveryError): DeliveryError {
  if (error.reason === 'rate_limited') return withSeparateLimit(error);
  const { httpStatus, message, platformCode, retryAfterMs } = error;
  if (platformCode === undefined || !EDIT_REFUSALS.includes(platformCode)) return error;
  const refused = permanent('edit_refused');
  return new DeliveryError(message, { ...refused, httpStatus, platformCode, retryAfterMs });
}

/** Whether Slack refused the token of a request, and so certainly did nothing. A new token may be accepted. */
export function refusesToken({ platformCode }: DeliveryError): boolean {
  return platformCode === 'token_expired' || platformCode === 'invalid_auth';
}

/** The same failure, of a request that Slack limits apart from posts. */
export function withSeparateLimit(error: DeliveryError): DeliveryError {
  if (error.reason !== 'rate_limited') return error;
  const { httpStatus, message, outcome, platformCode, reason, retryAfterMs } = error;
  const separateLimit = true;
  const failure = { outcome, reason, httpStatus, platformCode, retryAfterMs, separateLimit };
  return new DeliveryError(message, failure);
}

/** Slack answers `ok: false` only when it has refused, so an unknown code is a refusal too. */
export function failureOfCode(code: string): Failure {
  return (
    BY_CODE.get(code) ??
    BY_PREFIX.find(([prefix]) => code.startsWith(prefix))?.[1] ??
    permanent('request_rejected')
  );
}

function failedStatus(answer: HttpAnswer, platformCode: string | undefined): DeliveryError {
  return new DeliveryError(`Slack answered HTTP ${answer.status}.`, {
    ...failureOfStatus(answer.status),
    httpStatus: answer.status,
    platformCode,
    retryAfterMs: answer.retryAfterMs,
  });
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
