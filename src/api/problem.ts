/** Errors as RFC 9457 problem documents: what happened, to which field, and what to do. */
import type { z } from 'zod';
import type { problemSchema } from './schema/problem.js';
import { type FieldError } from './schema/problem.js';

/** Every `type` that the API answers with, and its status and title. */
export const PROBLEMS = {
  invalid_request: [400, 'The request is not valid'],
  malformed_json: [400, 'The body is not valid JSON'],
  not_authenticated: [401, 'An API key is needed'],
  foreign_form: [403, 'The form was not sent from this site'],
  not_found: [404, 'The resource does not exist'],
  no_dead_letters: [409, 'No dead letter matches the filter'],
  nothing_to_decide: [409, 'No delivery of this message needs a decision'],
  nothing_to_cancel: [409, 'The message has ended'],
  body_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The body must be JSON'],
  deduplication_key_reused: [422, 'The deduplication key was used for other content'],
  internal_error: [500, 'The API has an internal error'],
  temporal_unavailable: [503, 'Temporal doesn’t answer'],
  temporal_refused: [503, 'Temporal refuses the credentials of sendproof'],
  namespace_not_found: [503, 'The Temporal namespace doesn’t exist'],
  no_worker: [503, 'No worker is running'],
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
    more: { errors?: FieldError[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
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

/** Parses a part of a request. Throws a Problem that names each field that is not valid. */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(relevantIssues).map(({ path, message }) => ({
    field: path.join('.') || '(whole body)',
    detail: message,
  }));
  throw invalidRequest(errors, result.error);
}

/** For a field with several allowed forms: the issues of the form that the value's type matches. */
function relevantIssues(issue: z.core.$ZodIssue): Pick<z.core.$ZodIssue, 'path' | 'message'>[] {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.find((issues) => issues.every(({ path }) => path.length > 0));
  if (!meant) return [issue];
  return meant
    .flatMap(relevantIssues)
    .map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
}

export function invalidRequest(errors: FieldError[], cause?: unknown): Problem {
  const detail = errors.map((error) => `${error.field}: ${error.detail}`).join('; ');
  return new Problem('invalid_request', detail, { errors, cause });
}
