/** Mattermost's errors: https://developers.mattermost.com/api-documentation/#/#errors */
import type { Answer } from '../call.js';

/** An error answer of Mattermost. */
export class MattermostRefusal extends Error {
  override readonly name = 'MattermostRefusal';
  readonly status: number;
  readonly id: string;

  /** @param id as `api.context.permissions.app_error` */
  constructor(status: number, id: string, message: string) {
    super(message);
    this.status = status;
    this.id = id;
  }
}

export const noPermission = (): MattermostRefusal =>
  new MattermostRefusal(
    403,
    'api.context.permissions.app_error',
    'You do not have the appropriate permissions.',
  );
export const noSuchEndpoint = (): MattermostRefusal =>
  new MattermostRefusal(404, 'api.context.404.app_error', 'Sorry, we could not find the page.');
export const invalidParameter = (name: string): MattermostRefusal =>
  new MattermostRefusal(
    400,
    'api.context.invalid_body_param.app_error',
    `Invalid or missing ${name} in request body.`,
  );

export function refusalAnswer({ id, message, status }: MattermostRefusal): Answer {
  return {
    status,
    body: {
      id,
      message,
      detailed_error: '',
      request_id: 'sandbox00000000000000000001',
      status_code: status,
    },
    error: id,
  };
}

/** The rate limiter answers before the API, in plain text. */
export function limitExceeded(retryAfter: string | undefined, resetSeconds: number): Answer {
  return {
    status: 429,
    headers: {
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(resetSeconds),
      ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
    },
    text: 'limit exceeded',
    error: '429',
  };
}
