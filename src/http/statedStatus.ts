/** Finds the HTTP status that the body of an answer states. Some services answer 200 and write the error into the body. */
import { STATUS_CODES } from 'node:http';
import { parseJson } from './failure.js';

/** The fields in which services have been seen to put a status or its name. */
const STATUS_FIELDS = ['statusCode', 'status', 'httpStatus', 'code', 'error'] as const;

/** A status of 400–599 in a sentence, as `HTTP error 429`, `status code: 413`, `Error: 502`, `HTTP/1.1 503`. */
const IN_SENTENCE =
  /\b(?:HTTP(?:\/\d(?:\.\d)?)?|status|error|code)(?:[\s_-]*(?:status|error|response|code))*["']?\s*[:=]?\s*["'(]?([45]\d\d)(?![\d.])/i;

/** Names that are not those of RFC 9110. */
const OTHER_NAMES: [string, number][] = [
  ['Request Entity Too Large', 413],
  ['Content Too Large', 413],
  ['Request Body Too Large', 413],
  ['Unprocessable Content', 422],
];

const STATUS_BY_NAME = new Map(
  [
    ...Object.entries(STATUS_CODES).map(([status, name]) => [name ?? '', Number(status)] as const),
    ...OTHER_NAMES,
  ]
    .filter(([, status]) => status >= 400)
    .map(([name, status]) => [lettersOf(name), status]),
);

/**
 * The status of 400–599 that the body states, in a JSON field, in a sentence, or by name (`TooManyRequests`, `502 Bad Gateway`);
 * undefined where it states none.
 */
export function statedStatus(body: string): number | undefined {
  const json = parseJson(body);
  if (typeof json === 'object' && json !== null) return statusOfJson(json) ?? inSentence(body);
  return statusOf(typeof json === 'string' ? json : body);
}

function statusOfJson(json: object): number | undefined {
  if (Array.isArray(json)) return firstOf(json);
  return firstOf(STATUS_FIELDS.map((field) => (json as Record<string, unknown>)[field]));
}

function firstOf(values: unknown[]): number | undefined {
  for (const value of values) {
    const status =
      typeof value === 'object' && value !== null ? statusOfJson(value) : statusOf(String(value));
    if (status !== undefined) return status;
  }
  return undefined;
}

function statusOf(text: string): number | undefined {
  const trimmed = text.trim();
  const whole = /^[45]\d\d$/.test(trimmed) ? Number(trimmed) : undefined;
  return whole ?? inSentence(trimmed) ?? byName(trimmed);
}

function inSentence(text: string): number | undefined {
  const stated = IN_SENTENCE.exec(text)?.[1];
  return stated === undefined ? undefined : Number(stated);
}

/** `Too Many Requests`, `TooManyRequests`, `429 Too Many Requests`, `(429) too many requests.` */
function byName(text: string): number | undefined {
  const [, stated, name = ''] = /^\(?([45]\d\d)?\)?[\s:-]*(.+)$/s.exec(text) ?? [];
  const known = STATUS_BY_NAME.get(lettersOf(name));
  return stated === undefined || known === Number(stated) ? known : undefined;
}

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, '');
}
