/** Finds the HTTP status that the body of an answer states. Some services answer 200 and write the error into the body. */
import { STATUS_CODES } from 'node:http';
import { parseJson } from './failure.js';

/** What comes after this many characters of a text states no status, so that a long text takes no time. */
const LONGEST_TEXT = 4_096;

/** A longer body is read as text: parsing 16 MiB of brackets takes seconds, and errors are short. */
const LONGEST_JSON = 65_536;

/** How deep a JSON body is searched, and how many items of each list. */
const DEEPEST = 8;
const MOST_ITEMS = 20;

/** The fields, in small letters, in which services have been seen to put a status or its name. */
const STATUS_FIELDS = [
  'statuscode',
  'status',
  'httpstatus',
  'code',
  'error',
  'message',
  'title',
  'detail',
] as const;

/** Every repetition has a bound, so that the time grows with the length of the text and no faster. */
const IN_SENTENCE = [
  // As `HTTP error 429`, `status code: 413`, `Error: 502`, `HTTP/1.1 503`, `HTTP status code is 429`.
  /\b(?:HTTP(?:\/\d(?:\.\d)?)?|status|error|code)(?:[\s_-]{0,3}(?:status|error|response|code)){0,3}["']?\s{0,3}(?:[:=]|(?:is|was|of)\b)?\s{0,3}["'(]?([45]\d\d)(?!\.?\d)/i,
  // As `the endpoint returned 429`, `Request failed: 502`, and not `returned 429 rows`.
  /\b(?:[Rr]eturned|[Aa]nswered|[Rr]esponded|[Rr]eceived|[Ff]ailed)(?:\s(?:with|by))?(?:\san?)?:?\s["'(]?([45]\d\d)(?!\.?\d)(?!\s(?!(?:with|for|from|on|and|when|after|by|to|at|in|because)\b)[a-z])/,
];

/** A status that its name may follow, as `429 (Too Many Requests)`. */
const WITH_NAME = /(?<![\d.])([45]\d\d)(?!\d)[\s:()-]{1,4}([A-Za-z][A-Za-z' -]{2,40})/g;

/** How a text begins that says 429 in words, as `Rate limit exceeded. Try again in 5 seconds.` */
const RATE_LIMITED =
  /^(?:error:?\s)?(?:the\s)?(?:(?:api|request|requests|your)\s)?(?:(?:is|was|were|has been|have been)\s)?(?:rate[\s_-]?limit(?:ed\b|[\s_-]?(?:is\s|was\s|has been\s)?(?:exceeded|reached|hit))|throttl(?:ed|ing)|too many requests\b)/i;

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
 * The status of 400–599 that the body states, in a JSON field, in a sentence, or by name (`TooManyRequests`, `502 Bad Gateway`,
 * `Throttled`); undefined where it states none.
 */
export function statedStatus(body: string): number | undefined {
  const json = body.length <= LONGEST_JSON ? parseJson(body) : undefined;
  if (typeof json === 'object' && json !== null) {
    return statusOfJson(json, DEEPEST) ?? inSentence(body.slice(0, LONGEST_TEXT));
  }
  return statusOf(typeof json === 'string' ? json : body);
}

function statusOfJson(json: object, depth: number): number | undefined {
  if (depth === 0) return undefined;
  if (Array.isArray(json)) return firstOf(json.slice(0, MOST_ITEMS), depth);
  const byName = new Map(
    Object.entries(json).map(([name, value]) => [name.toLowerCase(), value as unknown]),
  );
  return firstOf(
    STATUS_FIELDS.map((field) => byName.get(field)),
    depth,
  );
}

function firstOf(values: unknown[], depth: number): number | undefined {
  for (const value of values) {
    const status =
      typeof value === 'object' && value !== null
        ? statusOfJson(value, depth - 1)
        : statusOf(String(value));
    if (status !== undefined) return status;
  }
  return undefined;
}

function statusOf(text: string): number | undefined {
  const trimmed = text.slice(0, LONGEST_TEXT).trim();
  const whole = /^\(?([45]\d\d)\)?[.!]?$/.exec(trimmed)?.[1];
  if (whole !== undefined) return Number(whole);
  return inSentence(trimmed) ?? byName(trimmed) ?? (RATE_LIMITED.test(trimmed) ? 429 : undefined);
}

function inSentence(text: string): number | undefined {
  for (const pattern of IN_SENTENCE) {
    const stated = pattern.exec(text)?.[1];
    if (stated !== undefined) return Number(stated);
  }
  return withName(text);
}

function withName(text: string): number | undefined {
  for (const [, stated, words = ''] of text.matchAll(WITH_NAME)) {
    const name = lettersOf(STATUS_CODES[Number(stated)] ?? '');
    if (name !== '' && lettersOf(words).startsWith(name)) return Number(stated);
  }
  return undefined;
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
