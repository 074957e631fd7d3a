/**
 * The three forms of CloudEvents over HTTP: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md.
 * In Kafka attributes have another prefix: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md
 */
import { createHash } from 'node:crypto';
import { decodeUtf8 } from '../../lib/text.js';
import { isObject, parseJson } from '../json.js';
import { Unusable, type SourceRequest } from '../source.js';

export interface CloudEvent {
  /** The attributes of the specification and the extensions, as text. `id`, `source` and `type` are there. */
  attributes: Readonly<Record<string, string | undefined>>;
  data: unknown;
}

/** @throws Unusable where it is none, or lacks what the specification requires */
export function readCloudEvents(request: SourceRequest): CloudEvent[] {
  const [mediaType = ''] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  switch (mediaType.trim()) {
    case 'application/cloudevents+json':
      return [structured(parseJson(request.body))];
    case 'application/cloudevents-batch+json': {
      const batch = parseJson(request.body);
      if (!Array.isArray(batch)) throw new Unusable('The batch is not a JSON list.');
      return batch.map(structuredOrNot);
    }
    default:
      return binary(request, mediaType.trim());
  }
}

const REQUIRED = ['id', 'source', 'type'] as const;

function complete(attributes: Record<string, string>, data: unknown): CloudEvent {
  const missing = REQUIRED.filter((name) => !attributes[name]);
  if (missing.length > 0) {
    throw new Unusable(`The CloudEvent has no ${missing.join(' and no ')}.`);
  }
  return { attributes, data };
}

function structured(value: unknown): CloudEvent {
  if (!isObject(value)) throw new Unusable('The CloudEvent is not a JSON object.');
  const { data, data_base64: base64, ...others } = value;
  const attributes = Object.fromEntries(
    Object.entries(others).flatMap(([name, attribute]): [string, string][] =>
      typeof attribute === 'string' ||
      typeof attribute === 'number' ||
      typeof attribute === 'boolean'
        ? [[name, String(attribute)]]
        : [],
    ),
  );
  if (data === undefined && typeof base64 === 'string') {
    const bytes = Buffer.from(base64, 'base64');
    return complete(attributes, dataOf(bytes, attributes.datacontenttype ?? ''));
  }
  return complete(attributes, data);
}

/** One event of a batch that can't be understood doesn't keep the others from being shown: it is an event, too. */
function structuredOrNot(value: unknown): CloudEvent {
  try {
    return structured(value);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    const id = createHash('sha256').update(JSON.stringify(value)).digest('base64url');
    return complete(
      { id, source: 'batch', type: 'An event of a batch that can’t be understood' },
      error.message,
    );
  }
}

/** The attributes are headers; the body is the data. */
function binary({ body, headers }: SourceRequest, mediaType: string): CloudEvent[] {
  const attributes = Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]): [string, string][] => {
      if (value === undefined) return [];
      if (name.startsWith(HTTP_PREFIX)) return [[name.slice(HTTP_PREFIX.length), decoded(value)]];
      return name.startsWith(KAFKA_PREFIX) ? [[name.slice(KAFKA_PREFIX.length), value]] : [];
    }),
  );
  if (Object.keys(attributes).length === 0) return withoutHeaders(body);
  return [complete({ ...attributes, datacontenttype: mediaType }, dataOf(body, mediaType))];
}

const HTTP_PREFIX = 'ce-';
const KAFKA_PREFIX = 'ce_';

/** Some senders give an event in structured mode another content type, or none. */
function withoutHeaders(body: Buffer): CloudEvent[] {
  const value = jsonOrText(body);
  if (isObject(value) && 'specversion' in value) return [structured(value)];
  if (Array.isArray(value) && value.some((each) => isObject(each) && 'specversion' in each)) {
    return value.map(structuredOrNot);
  }
  throw new Unusable(
    'The request is not a CloudEvent: it has neither headers that begin with ce- nor the content type application/cloudevents+json.',
  );
}

/**
 * The text of a header: "any HTTP header value MUST first be unescaped with respect to double-quoted strings", and then
 * percent-decoded once. Bytes that are not UTF-8 stay apart from each other, so that two ids never become one.
 */
function decoded(header: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(header)?.[1];
  const text = quoted?.replaceAll(/\\(.)/g, '$1') ?? header;
  // A queue has the text itself, where HTTP has bytes, which Node.js shows as Latin-1.
  if (Buffer.from(text, 'latin1').toString('latin1') !== text) return text;
  const bytes = Buffer.from(
    text.replaceAll(/%([0-9a-f]{2})/gi, (_, digits: string) =>
      String.fromCharCode(parseInt(digits, 16)),
    ),
    'latin1',
  );
  return decodeUtf8(bytes) ?? bytes.toString('latin1');
}

function dataOf(bytes: Buffer, mediaType: string): unknown {
  if (bytes.length === 0) return undefined;
  if (/[/+]json$/.test(mediaType)) return jsonOrText(bytes);
  return decodeUtf8(bytes) ?? `${bytes.length} bytes that are not text`;
}

function jsonOrText(bytes: Buffer): unknown {
  try {
    return parseJson(bytes);
  } catch {
    return decodeUtf8(bytes);
  }
}
