/** Errors as RFC 9457 problem documents: what happened, to which field, and what to do. */
import type { z } from 'zod';
import type { FieldError, problemSchema } from './schema/problem.js';
import { PROBLEMS, type ProblemType } from './schema/problemTypes.js';
import { boundedFaults } from '../domain/boundedFaults.js';
import { inputFaults, relevantIssues } from '../lib/inputFaults.js';
import { shortenText } from '../lib/cutText.js';
import { listsFarTooLong } from '../lib/farTooLong.js';
import { TOO_LONG } from '../lib/jsonInSlices.js';
import { repeatedNames, type PathInJson } from '../lib/repeatedNames.js';
import { illFormedTexts, wellFormed } from '../lib/text.js';

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly type: ProblemType;
  readonly errors: FieldError[] | undefined;
  /** Seconds, for the header of that name. */
  readonly retryAfterSeconds: number | undefined;
  /** More headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    type: ProblemType,
    detail: string,
    more: {
      errors?: FieldError[];
      retryAfterSeconds?: number;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.type = type;
    this.errors = more.errors;
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.headers = more.headers ?? {};
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

/** In characters: ten unknown names, each with what it may have been. */
const LONGEST_DETAIL = 5_000;

const ENTRY_TOO_LONG =
  'This entry of the batch has more JSON than it may have if it is sent alone. Make it shorter.';

/** Parses a part of a request. Throws a Problem that names each field that is not valid. */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  if (input === TOO_LONG) throw new Problem('body_too_large', ENTRY_TOO_LONG);
  const faults = [
    ...illFormedTexts(input).map((path) => fieldError(path, NOT_TEXT)),
    ...repeatedNames(input).map(repetition),
  ];
  if (faults.length === 0) return parseEnvelope(schema, input);
  assertNotFarTooLong(schema, input);
  const named = new Set(faults.map(({ field }) => field));
  const { error } = schema.safeParse(input, FAULTS);
  throw invalidRequest([...faults, ...fieldErrors(error).filter(({ field }) => !named.has(field))]);
}

const FAULTS = { error: inputFaults({ name: 'field' }) };

const NOT_TEXT =
  'is not Unicode text: it has half of a surrogate pair, as \\ud83d without the other half';

const LONGEST_NAME = 100;

function repetition(path: PathInJson): FieldError {
  const names = path.map((part) =>
    typeof part === 'string' ? shortenText(wellFormed(part), LONGEST_NAME) : part,
  );
  return fieldError(names, 'is there more than once: send it once');
}

/** As `parseRequest`, without a look at what is in parts that the schema leaves open: each is parsed by itself later. */
export function parseEnvelope<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const repeated = repeatedNames(input).filter(({ length }) => length === 1);
  if (repeated.length > 0) throw invalidRequest(repeated.map(repetition));
  assertNotFarTooLong(schema, input);
  const { success, data, error } = schema.safeParse(input, FAULTS);
  if (success) return data;
  throw invalidRequest(fieldErrors(error), error);
}

/** Throws a Problem before a schema looks at each of very many entries. */
function assertNotFarTooLong(schema: z.ZodType, input: unknown): void {
  const tooLong = listsFarTooLong(schema, input);
  if (tooLong.length > 0) {
    throw invalidRequest(
      tooLong.map(({ maximum, path }) =>
        fieldError(path, `must have at most ${maximum.toLocaleString('en')} entries`),
      ),
    );
  }
}

function fieldErrors(error: z.ZodError | undefined): FieldError[] {
  const issues = error?.issues.flatMap(relevantIssues) ?? [];
  return issues.map(({ path, message }) => fieldError(path, message));
}

function fieldError(path: readonly PropertyKey[], detail: string): FieldError {
  return { field: path.join('.') || '(whole body)', detail };
}

/** With the first errors, and how many more there are: an answer must not grow with what it refuses. */
export function invalidRequest(all: readonly FieldError[], cause?: unknown): Problem {
  const errors = boundedFaults(all, LONGEST_DETAIL);
  const detail = errors.map((error) => `${error.field}: ${error.detail}`).join('; ');
  return new Problem('invalid_request', detail, { errors, cause });
}

export function bodyTooLarge(limitBytes: number | string, cause?: unknown): Problem {
  return new Problem('body_too_large', `The body may have at most ${limitBytes} bytes.`, { cause });
}
