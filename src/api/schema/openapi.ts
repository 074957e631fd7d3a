/** The OpenAPI document, generated from the schemas that validate. */
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import type { Scope } from '../../config/keys.js';
import { problemsWithout500 } from './bodies.js';
import { anyInstallation, type DocumentedInstallation } from './installation.js';
import { acknowledge } from './operations/callback.js';
import { cancelBatch, getBatch } from './operations/batches.js';
import { decodePayloads, encodePayloads } from './operations/codec.js';
import {
  discardDeadLetters,
  followBulkDecision,
  listDeadLetters,
  retryDeadLetters,
  summariseDeadLetters,
} from './operations/deadLetters.js';
import {
  cancelMessage,
  discardMessage,
  rescheduleMessage,
  retryMessage,
} from './operations/deciding.js';
import { sendEvent, sendEvents } from './operations/events.js';
import { health, metrics, readiness } from './operations/monitoring.js';
import { getMessage, getTimeline, searchMessages } from './operations/reading.js';
import { sendMessage, sendMessages } from './operations/sending.js';
import {
  listSources,
  receiveFromSource,
  receiveFromSourceWithToken,
} from './operations/sources.js';

const paths = {
  '/v1/messages': { post: needing('send', sendMessage), get: needing('read', searchMessages) },
  '/v1/messages/batch': { post: needing('send', sendMessages) },
  '/v1/batches/{id}': { get: needing('read', getBatch), delete: needing('decide', cancelBatch) },
  '/v1/messages/{key}': {
    get: needing('read', getMessage),
    patch: needing('decide', rescheduleMessage),
    delete: needing('decide', cancelMessage),
  },
  '/v1/messages/{key}/timeline': { get: needing('read', getTimeline) },
  '/v1/messages/{key}/retry': { post: needing('decide', retryMessage) },
  '/v1/messages/{key}/discard': { post: needing('decide', discardMessage) },
  '/v1/events': { post: needing('send', sendEvent) },
  '/v1/events/batch': { post: needing('send', sendEvents) },
  '/v1/sources': { get: needing('read', listSources) },
  '/v1/sources/{name}': { post: receiveFromSource },
  '/v1/sources/{name}/{token}': { post: receiveFromSourceWithToken },
  '/v1/dead-letters': { get: needing('read', listDeadLetters) },
  '/v1/dead-letters/summary': { get: needing('read', summariseDeadLetters) },
  '/v1/dead-letters/retry': { post: needing('decide', retryDeadLetters) },
  '/v1/dead-letters/discard': { post: needing('decide', discardDeadLetters) },
  '/v1/dead-letters/decisions/{id}': { get: needing('read', followBulkDecision) },
  '/v1/codec/decode': { post: needing('read', decodePayloads) },
  '/v1/codec/encode': { post: needing('read', encodePayloads) },
  '/healthz': { get: health },
  '/readyz': { get: readiness },
  '/metrics': { get: needing('metrics', metrics) },
};

/** The operation for callers whose key has this scope; others are answered 403. */
function needing(scope: Scope, operation: ZodOpenApiOperationObject): ZodOpenApiOperationObject {
  return {
    ...operation,
    security: [{ apiKey: [scope] }],
    responses: { ...operation.responses, ...problemsWithout500([403, 429], {}) },
  };
}

const tags = [
  { name: 'Messages', description: 'Sending, reading and cancelling messages.' },
  { name: 'Events', description: 'Sending events, which the routes make messages of.' },
  { name: 'Sources', description: 'Receiving the webhooks of other systems.' },
  { name: 'Dead letters', description: 'Reading dead letters and deciding on them.' },
  {
    name: 'Codec server',
    description: 'Encrypted content for Temporal’s own tools: its Web UI and its command.',
  },
  { name: 'Monitoring', description: 'Health checks and metrics for monitoring systems.' },
  { name: 'Callbacks', description: 'Requests that sendproof makes to other systems.' },
];

type OpenApiDocument = ReturnType<typeof createDocument>;

/** `version` is the product's. */
export function openApiDocument(
  version: string,
  { destinationPattern, retryProfiles }: DocumentedInstallation = anyInstallation(),
) {
  const document = withoutSurrogates(generalDocument(version));
  const { Destination, Message, MessageBody } = document.components?.schemas ?? {};
  if (Destination) Object.assign(Destination, { pattern: destinationPattern });
  for (const message of [Message, MessageBody]) {
    if (!message || !('properties' in message) || !retryProfiles) continue;
    Object.assign(message.properties?.retryProfile ?? {}, { enum: retryProfiles });
  }
  return document;
}

/**
 * The document without halves of surrogate pairs in its patterns. No text in UTF-8 has one, and the regular expressions of other
 * languages, such as Rust's, refuse a pattern that names them.
 */
function withoutSurrogates(document: OpenApiDocument): OpenApiDocument {
  const json = JSON.stringify(document).replaceAll(String.raw`\\uD800-\\uDFFF`, '');
  return JSON.parse(json) as OpenApiDocument;
}

/** The same document for a server with a base path. */
export function servedAt(document: OpenApiDocument, basePath: string): OpenApiDocument {
  const servers = document.servers?.map((server) => ({ ...server, url: basePath || '/' }));
  return { ...document, ...(servers && { servers }) };
}

function generalDocument(version: string) {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'sendproof',
      version,
      description:
        'Reliable messaging automation for enterprise chat. A client sends a message once; sendproof delivers it to Slack and Teams, retries it, and reports its status.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The server that this document was fetched from.' }],
    tags,
    security: [{ apiKey: [] }],
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description:
            'One of the keys in SENDPROOF_API_KEYS, which may do everything, or of `keys:` in the configuration, which may do what their scopes say: `send`, `read`, `decide`, `metrics`, or `admin` for all. An operation names the scope that it needs in its `security`. People who sign in elsewhere (`people:` in the configuration) need none. Without any key and `people:`, the API listens on the local machine only and needs none.',
        },
      },
    },
    paths,
    webhooks: { acknowledgement: { post: acknowledge } },
  });
}
