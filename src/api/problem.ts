/** Errors as RFC 9457 problem documents: what happened, to which field, and what to do. */
import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { MessageRefused } from '../acceptance/refusal.js';
import type { problemSchema } from './schema/problem.js';
import { type FieldError } from './schema/problem.js';

/** Every `type` that the API answers with, and its status and title. */
const PROBLEMS = {
  invalid_request: [400, 'The request is not valid'],
  malformed_json: [400, 'The body is not valid JSON'],
  not_authenticated: [401, 'An API key is needed'],
  foreign_form: [403, 'The form is not of this page'],
  not_found: [404, 'There is no such thing'],
  no_dead_letters: [409, 'No dead letter is meant'],
  nothing_to_decide: [409, 'No delivery of this message waits for a person'],
  nothing_to_cancel: [409, 'The message has ended'],
  body_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The body must be JSON'],
  deduplication_key_reused: [422, 'The deduplication key was used for other content'],
  internal_error: [500, 'Something is wrong in sendproof'],
  temporal_unavailable: [503, 'Temporal can’t be reached'],
  no_worker: [503, 'No worker runs'],
  overloaded: [503, 'Too many requests at once'],
} as const;
export type ProblemType = keyof typeof PROBLEMS;

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly type: ProblemType;
  readonly errors: FieldError[] | undefined;
  /** Seconds, for the header of that name. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    type: ProblemType,
    detail: string,
    more: { errors?: FieldError[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail);
    this.type = type;
    this.errors = more.errors;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }

  get status(): number {
    return PROBLEMS[this.type][0];
  }

  toJSON(): z.infer<typeof problemSchema> {
    const [status, title] = PROBLEMS[this.type];
    return {
      type: this.type,
      title,
      status,
      detail: this.message,
      ...(this.errors && { errors: this.errors }),
    };
  }
}

/** Parses what a request carries, or throws the problem that names each wrong field. */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalidRequest(
    result.error.issues.flatMap(tellingIssues).map(({ path, message }) => ({
      field: path.join('.') || '(whole body)',
      detail: message,
    })),
  );
}

/** Of a field that may have one of several forms: what is wrong with the one that was meant, by its type. */
function tellingIssues(issue: z.core.$ZodIssue): Pick<z.core.$ZodIssue, 'path' | 'message'>[] {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.find((issues) => issues.every(({ path }) => path.length > 0));
  if (!meant) return [issue];
  return meant
    .flatMap(tellingIssues)
    .map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
}

export function invalidRequest(errors: FieldError[]): Problem {
  const detail = errors.map((error) => `${error.field}: ${error.detail}`).join('; ');
  return new Problem('invalid_request', detail, { errors });
}

export function sendProblem(response: Response, problem: Problem): void {
  if (problem.retryAfterSeconds !== undefined) {
    response.set('Retry-After', String(problem.retryAfterSeconds));
  }
  if (problem.status === 401) response.set('WWW-Authenticate', 'Bearer');
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** The last handler: whatever was thrown leaves as a problem, and what nobody foresaw is logged. */
export function problemHandler(
  log: Logger,
  send: (response: Response, problem: Problem) => void = sendProblem,
): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = asProblem(error);
    if (problem.type === 'internal_error') {
      log.error({ err: error, method: request.method, route: request.path }, 'Unforeseen error');
    }
    send(response, problem);
  };
}

function refusal({ kind, faults }: MessageRefused): Problem {
  if (kind === 'invalid') return invalidRequest(faults);
  const detail = faults.map((fault) => fault.detail).join('; ');
  return new Problem('deduplication_key_reused', detail, { errors: faults });
}

/** Whatever was thrown as a problem; what nobody foresaw becomes an `internal_error`, which is for the log. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof MessageRefused) return refusal(error);
  // What express's body parser throws: https://github.com/stream-utils/raw-body, https://github.com/expressjs/body-parser
  const { type, limit } = error as { type?: string; limit?: number };
  switch (type) {
    case 'entity.parse.failed':
      return new Problem('malformed_json', 'Send one JSON object, encoded in UTF-8.');
    case 'entity.too.large':
      return new Problem('body_too_large', `The body may have at most ${limit ?? '?'} bytes.`);
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new Problem('unsupported_media_type', 'Send JSON in UTF-8, without compression.');
    case 'request.aborted':
    case 'request.size.invalid':
      return new Problem('invalid_request', 'The body ended before its announced length.');
    default:
      if (error instanceof URIError) {
        return new Problem('invalid_request', 'The path is not valid percent-encoding.');
      }
      return new Problem('internal_error', 'The error is in the log of the API.');
  }
}
