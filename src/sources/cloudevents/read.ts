/** The three forms of CloudEvents over HTTP: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md */
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
      return [binary(request, mediaType.trim())];
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

/** The attributes are headers, percent-encoded; the body is the data. */
function binary({ body, headers }: SourceRequest, mediaType: string): CloudEvent {
  const attributes = Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      name.startsWith('ce-') && value !== undefined
        ? [[name.slice('ce-'.length), percentDecoded(value)]]
        : [],
    ),
  );
  if (Object.keys(attributes).length === 0) {
    throw new Unusable(
      'The request is not a CloudEvent: it has neither headers that begin with ce- nor the content type application/cloudevents+json.',
    );
  }
  return complete({ ...attributes, datacontenttype: mediaType }, dataOf(body, mediaType));
}

function percentDecoded(header: string): string {
  const text = Buffer.from(header, 'latin1').toString('utf8');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
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
