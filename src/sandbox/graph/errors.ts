/** Microsoft Graph's errors: https://learn.microsoft.com/graph/errors */
import { randomUUID } from 'node:crypto';
import type { Answer, ErrorAnswers } from '../call.js';

/** An error answer of Graph. */
export class GraphRefusal extends Error {
  override readonly name = 'GraphRefusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const notFound = (what: string): GraphRefusal =>
  new GraphRefusal(404, 'NotFound', `${what} was not found.`);
export const badRequest = (message: string): GraphRefusal =>
  new GraphRefusal(400, 'BadRequest', message);
export const forbidden = (message: string): GraphRefusal =>
  new GraphRefusal(403, 'Forbidden', message);
export const tooLarge = (): GraphRefusal =>
  new GraphRefusal(413, 'RequestEntityTooLarge', 'The message is larger than Teams accepts.');
export const unauthorised = (message: string): GraphRefusal =>
  new GraphRefusal(401, 'InvalidAuthenticationToken', message);

export function refusalAnswer({ status, code, message }: GraphRefusal): Answer {
  const requestId = randomUUID();
  return {
    status,
    headers: { 'request-id': requestId },
    body: {
      error: {
        code,
        message,
        innerError: {
          date: new Date().toISOString().slice(0, -5),
          'request-id': requestId,
          'client-request-id': requestId,
        },
      },
    },
    error: code,
  };
}

export function tooManyRequests(retryAfter: string | undefined): Answer {
  const answer = refusalAnswer(
    new GraphRefusal(429, 'TooManyRequests', 'Too many requests: try again later.'),
  );
  if (retryAfter === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': retryAfter } };
}

const CODES: Record<number, string> = {
  400: 'BadRequest',
  401: 'InvalidAuthenticationToken',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  412: 'PreconditionFailed',
  413: 'RequestEntityTooLarge',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  502: 'BadGateway',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

export const GRAPH_ERROR_ANSWERS: ErrorAnswers = {
  rateLimited: tooManyRequests,
  revokedToken: () => refusalAnswer(unauthorised('Access token has expired or is not yet valid.')),
  httpError: (status) =>
    refusalAnswer(
      new GraphRefusal(status, CODES[status] ?? 'UnknownError', 'A fault of the sandbox.'),
    ),
};
