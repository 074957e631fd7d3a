/** Discord's errors: https://docs.discord.com/developers/reference#error-messages */
import { STATUS_CODES } from 'node:http';
import type { Answer, ErrorAnswers } from '../call.js';

/** What is wrong with each field, by its path. */
export type FieldErrors = Record<string, { code: string; message: string }>;

/** An error answer of Discord. */
export class DiscordRefusal extends Error {
  override readonly name = 'DiscordRefusal';
  readonly status: number;
  readonly code: number;
  readonly fields: FieldErrors;

  /** @param fields by paths as `embeds.0.description` */
  constructor(status: number, code: number, message: string, fields: FieldErrors = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

export const unauthorised = (): DiscordRefusal => new DiscordRefusal(401, 0, '401: Unauthorized');
export const notFound = (): DiscordRefusal => new DiscordRefusal(404, 0, '404: Not Found');
export const unknownMessage = (): DiscordRefusal =>
  new DiscordRefusal(404, 10008, 'Unknown Message');
export const invalidForm = (fields: FieldErrors): DiscordRefusal =>
  new DiscordRefusal(400, 50035, 'Invalid Form Body', fields);

export function refusalAnswer({ code, fields, message, status }: DiscordRefusal): Answer {
  const errors = nested(fields);
  const hasErrors = Object.keys(errors).length > 0;
  return { status, body: { message, code, ...(hasErrors && { errors }) }, error: String(code) };
}

/** The errors of each field in `_errors` at its place. */
function nested(fields: FieldErrors): Record<string, unknown> {
  const byName = new Map<string, FieldErrors>();
  const here = new Map<string, unknown>();
  for (const [path, error] of Object.entries(fields)) {
    const [name = '', ...rest] = path.split('.');
    if (path === '') here.set('_errors', [error]);
    else byName.set(name, { ...byName.get(name), [rest.join('.')]: error });
  }
  for (const [name, inner] of byName) here.set(name, nested(inner));
  return Object.fromEntries(here);
}

/** @param scope whose limit it is: the bot's for this route, the bot's for all, or everybody's for this channel */
export function tooManyRequests(
  seconds: number,
  scope: 'user' | 'global' | 'shared',
  headers: Record<string, string> = {},
): Answer {
  return {
    status: 429,
    headers: {
      ...headers,
      'retry-after': String(Math.ceil(seconds)),
      'x-ratelimit-scope': scope,
      ...(scope === 'global' && { 'x-ratelimit-global': 'true' }),
    },
    body: {
      message: 'You are being rate limited.',
      retry_after: seconds,
      global: scope === 'global',
    },
    error: '429',
  };
}

export const DISCORD_ERROR_ANSWERS: ErrorAnswers = {
  rateLimited: (retryAfter) => {
    const answer = tooManyRequests(Number(retryAfter) || 0.3, 'user');
    const headers = Object.entries({ ...answer.headers, 'retry-after': retryAfter });
    const sent = headers.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
    return { ...answer, headers: Object.fromEntries(sent) as Record<string, string> };
  },
  revokedToken: () => refusalAnswer(unauthorised()),
  httpError: (status) => discordError(status, 0, `${status}: ${STATUS_CODES[status] ?? 'Error'}`),
  error: (status, code) => discordError(status, Number(code), 'A fault of the sandbox.'),
};

function discordError(status: number, code: number, message: string): Answer {
  return refusalAnswer(new DiscordRefusal(status, code, message));
}
