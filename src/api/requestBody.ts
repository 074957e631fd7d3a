/** Reads the bodies of requests: JSON for the API, forms for the pages. Both are UTF-8, perhaps compressed. */
import { raw, type Request, type RequestHandler, type Response } from 'express';
import { DEEPEST, isNestedTooDeeply } from '../lib/nesting.js';
import { JsonTooLarge, parseJsonInSlices } from '../lib/jsonInSlices.js';
import { noteRepeatedNames } from '../lib/repeatedNames.js';
import { decodeUtf8 } from '../lib/text.js';
import { BodiesInFlight } from './bodiesInFlight.js';
import { bodyTooLarge, Problem } from './problem.js';
import { parseParameters } from './requestParameters.js';

/** Room for the longest text in any script, escaped, and the rest of the message. */
export const MESSAGE_LIMIT_BYTES = 512 * 1024;

/** The content codings that are understood, besides none. */
const CODINGS = ['gzip', 'deflate', 'br'];

/** Of this process, which has the memory. */
const bodies = new BodiesInFlight();

/** Parses JSON and nothing else. A request without a body goes on without one. `limitBytes` counts the body uncompressed. */
export function jsonBody(limitBytes: number): RequestHandler {
  return textBody(limitBytes, 'json', parseJsonText);
}

/** The JSON of a body that came another way than in a request to the API. Throws a Problem as `jsonBody` does. */
export function parseJsonBytes(bytes: Buffer, limitBytes: number): unknown {
  if (bytes.length > limitBytes) throw bodyTooLarge(limitBytes);
  return parseJsonText(textOf(bytes));
}

/** The most entries that are looked at in a batch. One that has more is not worth an error for each. */
const MOST_ENTRIES = 10_000;

/**
 * The same for the list of a batch, whose entries may each have so many characters: one that is longer is `TOO_LONG`. It is parsed in
 * slices, since 16 MiB at once would block all other requests for seconds.
 */
export function jsonBatchBody(limitBytes: number, longestEntry: number): RequestHandler {
  return textBody(limitBytes, 'json', (text) => parseBatchText(text, longestEntry));
}

async function parseBatchText(text: string, longest: number): Promise<unknown> {
  try {
    return await parseJsonInSlices(text, { longest, mostEntries: MOST_ENTRIES, check: assertFlat });
  } catch (cause) {
    if (cause instanceof SyntaxError) throw malformedJson(cause);
    if (!(cause instanceof JsonTooLarge)) throw cause;
    throw new Problem(
      'body_too_large',
      'A batch may have at most 1,000 entries. Send the others in further batches.',
      { cause },
    );
  }
}

function parseJsonText(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformedJson(cause);
  }
  assertFlat(value);
  // They are refused where the value is parsed further: in a batch, each message by itself.
  noteRepeatedNames(text, value);
  return value;
}

function malformedJson(cause: unknown): Problem {
  return new Problem('malformed_json', 'Send one JSON object, encoded in UTF-8.', { cause });
}

function assertFlat(value: unknown): void {
  if (!isNestedTooDeeply(value)) return;
  throw new Problem(
    'invalid_request',
    `The body’s JSON is nested in more than ${DEEPEST} levels. Send it with fewer.`,
  );
}

/** Parses the form of a page. */
export function formBody(limitBytes: number): RequestHandler {
  return textBody(limitBytes, 'urlencoded', parseParameters);
}

function textBody(
  limitBytes: number,
  type: 'json' | 'urlencoded',
  parse: (text: string) => unknown,
): RequestHandler {
  const read: RequestHandler = raw({ limit: limitBytes, type: () => true });
  return (request, response, next) => {
    if (!hasBody(request)) {
      next();
      return;
    }
    assertType(request, type);
    assertUtf8(request);
    assertKnownCoding(request);
    bodies.reserve(request, response, limitBytes);
    read(request, response, (error?: unknown) => {
      if (error !== undefined) {
        next(isCompressed(request) ? brokenCompression(error) : error);
        return;
      }
      setParsed(request, parse)
        .then(() => next())
        .catch(next);
    });
  };
}

async function setParsed(request: Request, parse: (text: string) => unknown): Promise<void> {
  const text = textOf(request.body as Buffer);
  request.body = text === '' ? undefined : await parse(text);
}

/** Throws a Problem where the request has a body that isn't JSON by its header. The body is not read. */
export function assertJson(request: Request): void {
  if (hasBody(request)) assertType(request, 'json');
}

function assertType(request: Request, type: 'json' | 'urlencoded'): void {
  if (request.is(type)) return;
  throw new Problem(
    'unsupported_media_type',
    'Send JSON, with the header "Content-Type: application/json".',
  );
}

/** The bytes of a body of any type, with compression undone; none where there is no body. Rejects as express's body parser does. */
export async function readBytes(
  request: Request,
  response: Response,
  limitBytes: number,
): Promise<Buffer> {
  assertKnownCoding(request);
  bodies.reserve(request, response, limitBytes);
  const read: RequestHandler = raw({ limit: limitBytes, type: () => true });
  await new Promise<void>((resolve, reject) => {
    read(request, response, (error?: unknown) => {
      if (error === undefined) {
        resolve();
        return;
      }
      const fault = isCompressed(request) ? brokenCompression(error) : error;
      reject(fault instanceof Error ? fault : new TypeError('the body can’t be read'));
    });
  });
  const body = request.body as unknown;
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

function hasBody(request: Request): boolean {
  return (request.get('transfer-encoding') ?? request.get('content-length') ?? '0') !== '0';
}

function textOf(bytes: Buffer): string {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return text;
  throw new Problem(
    'malformed_text',
    'The body is not UTF-8. Encode it as UTF-8: bytes of another encoding would be lost, and with them the difference between two keys.',
  );
}

const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|([^;\s]*))/gi;
/** Its labels stand for another encoding in browsers (https://encoding.spec.whatwg.org/#names-and-labels); here, for ASCII. */
const ASCII = new Set(['us-ascii', 'ascii', 'ansi_x3.4-1968', 'iso646-us']);

function assertUtf8(request: Request): void {
  for (const [, quoted, bare] of (request.get('content-type') ?? '').matchAll(CHARSET)) {
    const charset = (quoted ?? bare ?? '').trim().toLowerCase();
    if (charset === '' || ASCII.has(charset) || isUtf8Label(charset)) continue;
    throw new Problem(
      'unsupported_media_type',
      `The charset "${charset}" is not accepted. Encode the body as UTF-8, and send "charset=utf-8" or no charset.`,
    );
  }
}

function isUtf8Label(label: string): boolean {
  try {
    return new TextDecoder(label).encoding === 'utf-8';
  } catch {
    return false;
  }
}

function codingOf(request: Request): string {
  return (request.get('content-encoding') ?? 'identity').trim().toLowerCase();
}

function isCompressed(request: Request): boolean {
  return CODINGS.includes(codingOf(request));
}

function assertKnownCoding(request: Request): void {
  const coding = codingOf(request);
  if (coding === 'identity' || coding === '' || CODINGS.includes(coding)) return;
  throw new Problem(
    'unsupported_media_type',
    `The content encoding "${coding}" is not accepted. Send the body uncompressed, or compressed with one of ${CODINGS.join(', ')}.`,
    { headers: { 'Accept-Encoding': [...CODINGS, 'identity'].join(', ') } },
  );
}

/** The decompressor's own errors have no `type`, unlike those of express's body parser. */
function brokenCompression(error: unknown): unknown {
  if ((error as { type?: unknown }).type !== undefined) return error;
  return new Problem(
    'malformed_body',
    'The body can’t be decompressed: it is truncated, or Content-Encoding names another compression.',
    { cause: error },
  );
}
