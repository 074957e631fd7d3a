/** The header `Idempotency-Key`, as an alternative to a key in the body. */
import { isUtf8 } from 'node:buffer';
import type { Request } from 'express';
import { own } from '../lib/own.js';
import { withField } from '../lib/repeatedNames.js';
import { invalidRequest } from './problem.js';

/**
 * The body of the request, with the key of the header in it.
 *
 * @param field of the body that has the key otherwise
 */
export function withIdempotencyKey(request: Request, field: string): unknown {
  const header = request.get('idempotency-key');
  return withKeyOfHeader(
    request.body,
    header === undefined ? undefined : textOfHeader(header),
    field,
  );
}

/**
 * The body with the key of a header in it.
 *
 * @param header its text; undefined where there is no such header
 * @param field of the body that has the key otherwise
 */
export function withKeyOfHeader(body: unknown, header: string | undefined, field: string): unknown {
  if (header === undefined || typeof body !== 'object' || body === null) return body;
  const key = parseKeyHeader(header.trim());
  const inBody = own(body as Record<string, unknown>, field);
  if (inBody !== undefined && inBody !== key) {
    throw invalidRequest([
      {
        field,
        detail: 'differs from the header Idempotency-Key: send one of them, or the same in both',
      },
    ]);
  }
  return withField(body, field, key);
}

/** The key in the header; undefined where it is absent. */
export function idempotencyKeyOf(request: Request): string | undefined {
  const header = request.get('idempotency-key');
  return header === undefined ? undefined : parseKeyHeader(textOfHeader(header).trim());
}

/** Beyond ASCII no encoding is defined: UTF-8 is what curl and most others put there, Latin-1 what remains. */
function textOfHeader(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : header;
}

/** What a proxy makes of the header sent twice. Bare keys may have commas of their own. */
const QUOTED_LIST = /^"(?:[^"\\]|\\["\\])*"(?:\s*,\s*"(?:[^"\\]|\\["\\])*")+$/;

/**
 * The header's draft standard has a quoted string (https://www.rfc-editor.org/rfc/rfc9651#name-strings); many clients send
 * bare text.
 */
function parseKeyHeader(text: string): string {
  if (QUOTED_LIST.test(text)) {
    throw invalidRequest([
      { field: 'idempotency-key', detail: 'the header has a list of keys: send one key' },
    ]);
  }
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(text)?.[1];
  return quoted === undefined ? text : quoted.replace(/\\(["\\])/g, '$1');
}
