/** Google's errors, a google.rpc.Status each: https://cloud.google.com/apis/design/errors */
import type { Answer, ErrorAnswers } from '../call.js';

/** By the code, its HTTP status: https://cloud.google.com/apis/design/errors#handling_errors */
const HTTP_STATUSES = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
} as const;
export type ChatErrorCode = keyof typeof HTTP_STATUSES;

/** An error answer of Google Chat. */
export class ChatRefusal extends Error {
  override readonly name = 'ChatRefusal';
  readonly code: ChatErrorCode;
  readonly reason: string | undefined;

  /** @param reason of the google.rpc.ErrorInfo in the details, as `RATE_LIMIT_EXCEEDED` */
  constructor(code: ChatErrorCode, message: string, reason?: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

export const invalid = (message: string): ChatRefusal =>
  new ChatRefusal('INVALID_ARGUMENT', message);
export const notFound = (): ChatRefusal =>
  new ChatRefusal('NOT_FOUND', 'Requested entity was not found.');
export const unauthenticated = (): ChatRefusal =>
  new ChatRefusal(
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    'ACCESS_TOKEN_TYPE_UNSUPPORTED',
  );

export function refusalAnswer({ code, message, reason }: ChatRefusal): Answer {
  return statusAnswer(HTTP_STATUSES[code], code, message, reason);
}

function statusAnswer(status: number, code: string, message: string, reason?: string): Answer {
  const details = reason !== undefined && [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason,
      domain: 'googleapis.com',
      metadata: { service: 'chat.googleapis.com' },
    },
  ];
  return {
    status,
    body: { error: { code: status, message, status: code, ...(details && { details }) } },
    error: code,
  };
}

/** Google's answers to a quota that is used up have no Retry-After of their own. */
export function quotaExceeded(retryAfter?: string): Answer {
  const answer = refusalAnswer(
    new ChatRefusal(
      'RESOURCE_EXHAUSTED',
      'Resource has been exhausted (e.g. check quota).',
      'RATE_LIMIT_EXCEEDED',
    ),
  );
  return retryAfter === undefined ? answer : { ...answer, headers: { 'retry-after': retryAfter } };
}

const CODES: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

export const CHAT_ERROR_ANSWERS: ErrorAnswers = {
  rateLimited: quotaExceeded,
  revokedToken: () => refusalAnswer(unauthenticated()),
  httpError: (status) =>
    statusAnswer(status, CODES[status] ?? 'UNKNOWN', 'A fault of the sandbox.'),
};

/** An error with a status and a code of one's choice. */
export function chatErrorAnswer(status: number, code: string, reason?: string): Answer {
  return statusAnswer(status, code, 'A fault of the sandbox.', reason);
}
