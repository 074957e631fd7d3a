import { decodeUtf8 } from '../../lib/text.js';
import type { RequestScope } from '../../templates/requestTemplate.js';
import { formOf } from '../form.js';
import { isObject, parseJson } from '../json.js';
import { Unusable, type SourceRequest } from '../source.js';

/** Headers that prove who sends, or that only proxies use: no template may show them. */
const WITHHELD = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** @param withheld more headers that no template may show, in lower case */
export function readPayload(request: SourceRequest, withheld: ReadonlySet<string>): RequestScope {
  const { headers, query } = request;
  return {
    body: bodyOf(request),
    headers: Object.fromEntries(
      Object.entries(headers).filter(([name]) => !WITHHELD.has(name) && !withheld.has(name)),
    ),
    query: fieldsOfForm(query),
  };
}

/** JSON, where it says so or is; the fields of a form; or else the text. */
function bodyOf({ body, headers }: SourceRequest): unknown {
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(';', 1);
  const text = decodeUtf8(body);
  if (text === undefined) throw new Unusable('The body is not UTF-8.');
  const form = formOf({ body, headers });
  // curl sends JSON under this name where nobody tells it another.
  if (form) return jsonOrNone(body) ?? fieldsOfForm(form);
  if (/[/+]json$/.test(type.trim())) return parseJson(body);
  if (text.trim() === '') throw new Unusable('The body is empty.');
  return jsonOrNone(body) ?? text;
}

function jsonOrNone(body: Buffer): unknown {
  try {
    const value = parseJson(body);
    return isObject(value) || Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof Unusable) return undefined;
    throw error;
  }
}

/** A name that comes several times has a list. */
function fieldsOfForm(form: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries(
    [...new Set(form.keys())].map((name) => {
      const values = form.getAll(name);
      return [name, values.length > 1 ? values : values[0]];
    }),
  );
}
