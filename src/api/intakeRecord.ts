/**
 * What the API writes to the queue of `intake`, and what consumers read of it: the same bytes as a request has. A record without
 * these headers is a message, or an event of the queue's source.
 */
import { context, propagation } from '@opentelemetry/api';
import type { SourceEvent } from '../domain/event.js';
import type { Message } from '../domain/message.js';
import type { ConfiguredSource } from '../config/sources.js';
import { isRecord } from '../lib/isRecord.js';
import { own } from '../lib/own.js';
import type { OutgoingRecord, QueueRecord } from '../queues/queue.js';
import type { SourceRequest } from '../sources/source.js';
import { TENANT_NAME } from '../domain/tenant.js';
import { invalidRequest } from './problem.js';

const KIND = 'sendproof-intake';
export const SOURCE_HEADER = 'sendproof-source';
const REQUEST = 'sendproof-request';
const SENDER = 'sendproof-sender';
const TENANT = 'sendproof-tenant';

/** A sender of a source must not choose them: they say what a record is, and whose. */
const OURS = [KIND, REQUEST, SENDER, SOURCE_HEADER, TENANT];

/** What a record holds: a message, an event of `POST /v1/events`, or a request of a source. */
export type IntakeContent =
  { kind: 'message' } | { kind: 'event' } | { kind: 'source'; source: string };

/**
 * @param sent the body, with the key in it
 * @param sender the name of the key, or of the person, that sent it
 */
export function messageRecord(
  { conversation, tenant }: Message,
  sent: unknown,
  sender?: string,
): OutgoingRecord {
  const headers = { [KIND]: 'message', ...senderHeader(sender), ...tenantHeader(tenant) };
  return record(conversation?.key, headers, Buffer.from(JSON.stringify(sent)));
}

export function eventRecord(
  { conversation, tenant }: SourceEvent,
  sent: unknown,
  sender?: string,
): OutgoingRecord {
  const headers = { [KIND]: 'event', ...senderHeader(sender), ...tenantHeader(tenant) };
  return record(conversation, headers, Buffer.from(JSON.stringify(sent)));
}

function senderHeader(sender: string | undefined): Record<string, string> {
  // A queue may take nothing but ASCII in a header. The buffer replaces half a surrogate pair, which has no such form.
  return sender === undefined
    ? {}
    : { [SENDER]: encodeURIComponent(Buffer.from(sender).toString()) };
}

function tenantHeader(tenant: string | undefined): Record<string, string> {
  return tenant === undefined ? {} : { [TENANT]: tenant };
}

/**
 * The tenant whose message or event the record is; what may write to the queue is believed.
 *
 * @throws Problem where it is no tenant's name: what is meant for a tenant must not become everybody's
 */
export function tenantOfRecord({ headers }: Pick<QueueRecord, 'headers'>): string | undefined {
  const tenant = headers[TENANT];
  if (tenant === undefined || TENANT_NAME.test(tenant)) return tenant;
  throw invalidRequest([{ field: TENANT, detail: 'the header is not the name of a tenant' }]);
}

/** Names of people may be long. */
const LONGEST_SENDER = 10_000;

/** The name of the key, or of the person, that the record is of: what may write to the queue is believed. */
export function senderOf({ headers }: Pick<QueueRecord, 'headers'>): string | undefined {
  const text = headers[SENDER] ?? '';
  if (text === '' || text.length > LONGEST_SENDER) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * An authentic request as it came, without what proved it.
 *
 * @param conversation that it belongs to, where it is about one
 */
export function sourceRecord(
  { name, source }: Pick<ConfiguredSource, 'name' | 'source'>,
  { body, headers, id, method, query }: SourceRequest,
  conversation: string | undefined,
): OutgoingRecord {
  const proof = Object.keys(source.sign({ headers: {}, body: '' }).headers).map((header) =>
    header.toLowerCase(),
  );
  const isKept = (header: string): boolean =>
    !LEFT_OUT.has(header) &&
    !OURS.includes(header) &&
    !CREDENTIAL.test(header) &&
    // Standard Webhooks sign the id and the time of a request, which are no secrets.
    (!proof.includes(header) || /-(?:id|timestamp)$/.test(header));
  const about = {
    id,
    method,
    query: [...query].filter(([parameter]) => !CREDENTIAL.test(parameter)),
  };
  const kept = Object.entries(headers).filter(([header]) => isKept(header));
  return record(
    conversation,
    {
      [KIND]: 'source',
      [SOURCE_HEADER]: name,
      [REQUEST]: JSON.stringify(about),
      ...Object.fromEntries(kept.map(([header, value]) => [header, value ?? ''])),
    },
    body,
  );
}

/** In the trace of the request. */
function record(
  key: string | undefined,
  headers: Record<string, string>,
  body: Buffer,
): OutgoingRecord {
  const trace: Record<string, string> = {};
  propagation.inject(context.active(), trace);
  return { key, headers: { ...trace, ...headers }, body };
}

/** They are about the connection, about a body whose compression is undone, or in the record's own trace. */
const LEFT_OUT = new Set([
  ...[
    'connection',
    'expect',
    'host',
    'keep-alive',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
  ],
  ...['content-encoding', 'content-length', 'traceparent', 'tracestate', 'baggage'],
]);

/** What is a credential under this name must not be kept in a queue, whether or not the source looks at it. */
const CREDENTIAL =
  /^(?:proxy-)?authorization$|^cookie$|(?:^|[-_])(?:api-?key|password|secret|sig|signature(?:-.*)?|token)$/i;

/** @param source of the queue */
export function contentOf({ headers }: QueueRecord, source: string | undefined): IntakeContent {
  const kind = headers[KIND];
  const named = headers[SOURCE_HEADER];
  if (kind === 'event') return { kind };
  if (kind === 'source' && named !== undefined) return { kind, source: named };
  if (kind === 'message' || source === undefined) return { kind: 'message' };
  return { kind: 'source', source };
}

/** As its sender has sent it over HTTP, or would have. */
export function requestOf({ body, headers, id }: QueueRecord): SourceRequest {
  const about = aboutRequest(headers[REQUEST]);
  const sent = Object.entries(headers).filter(([name]) => !OURS.includes(name));
  return {
    id: about.id ?? id,
    method: about.method ?? 'POST',
    headers: { 'content-type': 'application/json', ...Object.fromEntries(sent) },
    query: new URLSearchParams(about.query),
    token: '',
    body,
  };
}

/** Anybody who may write to the queue may have written it. */
function aboutRequest(text: string | undefined): {
  id: string | undefined;
  method: string | undefined;
  query: string[][];
} {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch {
    value = {};
  }
  const about = isRecord(value) ? value : {};
  const textAt = (name: string): string | undefined => {
    const found = own(about, name);
    return typeof found === 'string' && found !== '' ? found : undefined;
  };
  const query = own(about, 'query');
  const pairs: unknown[] = Array.isArray(query) ? query : [];
  return {
    id: textAt('id'),
    method: textAt('method'),
    query: pairs.filter(
      (pair): pair is [string, string] =>
        Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string'),
    ),
  };
}
