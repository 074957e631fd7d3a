/** Takes events in the product's own form: `POST /v1/events` and `POST /v1/events/batch`. */
import { Router } from 'express';
import type { z } from 'zod';
import { eventKey } from '../acceptance/eventKey.js';
import { messageId } from '../acceptance/messageId.js';
import type { SourceEvent } from '../domain/event.js';
import { chooseRoutes } from '../routing/chooseRoutes.js';
import { activeTraceId } from '../telemetry/tracing.js';
import type { ApiContext } from './apiContext.js';
import { audit } from './audit.js';
import { callerOf, requireScope, type Caller } from './caller.js';
import { assertMaySendEvent, assertMayShowUnroutable, senderName } from './permissions.js';
import { basePathOf } from './basePath.js';
import { EVENT_LIMIT_BYTES, receiveEvent } from './eventReception.js';
import { withIdempotencyKey } from './idempotencyKey.js';
import { TOO_LONG } from '../lib/jsonInSlices.js';
import { acceptInSlices, keyIn, refusedResult } from './inSlices.js';
import { eventRecord } from './intakeRecord.js';
import { operationOf } from './operation.js';
import { parseEvent } from './parseMessage.js';
import { bodyTooLarge, parseEnvelope, parseRequest } from './problem.js';
import { jsonBatchBody, jsonBody } from './requestBody.js';
import {
  eventBatchSchema,
  eventQuerySchema,
  type eventAcceptanceSchema,
  type eventBatchResultSchema,
} from './schema/eventRepresentation.js';
import { messageLinks } from './schema/paths.js';

/** As for a batch of messages. */
const BATCH_LIMIT_BYTES = 16 * 1024 * 1024;

type EventAcceptance = z.infer<typeof eventAcceptanceSchema>;
type EventResult = z.infer<typeof eventBatchResultSchema>['results'][number];

export function eventsRouter(context: ApiContext): Router {
  const router = Router();

  router.post(
    '/events',
    requireScope('send'),
    jsonBody(EVENT_LIMIT_BYTES),
    async (request, response) => {
      const { explain } = parseRequest(eventQuerySchema, request.query);
      const event = withIdempotencyKey(request, 'key');
      const body = await accept(context, event, {
        explain,
        basePath: basePathOf(response),
        caller: callerOf(request),
      });
      response.status(statusOf(body)).json(body);
    },
  );

  router.post(
    '/events/batch',
    requireScope('send'),
    jsonBatchBody(BATCH_LIMIT_BYTES, EVENT_LIMIT_BYTES),
    async (request, response) => {
      const { explain } = parseRequest(eventQuerySchema, request.query);
      const { events } = parseEnvelope(eventBatchSchema, request.body);
      const operation = operationOf(request, response);
      const asked = { explain, basePath: basePathOf(response), caller: callerOf(request) };
      const results = await acceptInSlices(events, async (each): Promise<EventResult> => {
        try {
          if (each !== TOO_LONG) assertSize(Buffer.byteLength(JSON.stringify(each)));
          const event = await accept(context, each, asked);
          return { status: statusOf(event), event };
        } catch (error) {
          const sent = { caller: asked.caller, event: keyIn(each, 'key') };
          return refusedResult(error, context.log, operation, sent);
        }
      });
      response.json({ results });
    },
  );

  return router;
}

/** Accepts an event as it came. Throws a Problem where it is not valid. */
async function accept(
  context: ApiContext,
  body: unknown,
  { basePath, caller, explain }: { explain: 'true' | 'false'; basePath: string; caller: Caller },
): Promise<EventAcceptance> {
  const event = parseEvent(body, caller);
  assertMaySendEvent(caller, event, context.configuration);
  const traceId = activeTraceId();
  const sentBy = senderName(caller);
  const { key } = event;
  const act = { action: 'send', caller, event: key, traceId } as const;
  const routes = explain === 'true' ? { routes: choicesFor(event, context) } : {};
  const { intake, log } = context;
  if (intake) {
    const record = eventRecord(event, body, sentBy);
    // A consumer would refuse it. Numbers as 1e20 are longer than they were.
    assertSize(record.body.length);
    // Its first message is looked up by this key.
    await intake.put(record, messageId(caller.tenant, eventKey(event)));
    log.info({ key, traceId, queue: intake.name }, 'Event queued');
    audit(log, { ...act, outcome: 'queued' });
    return { status: 'queued', key, traceId, messages: [], ...routes };
  }
  const routed = await receiveEvent(context, event, traceId, {
    sentBy,
    assertMayShowAt: (place) => assertMayShowUnroutable(caller, place),
  });
  const status = routed.every(({ duplicate }) => duplicate) ? 'duplicate' : 'accepted';
  const messages = routed.map(({ deduplicationKey }) => messageId(caller.tenant, deduplicationKey));
  audit(log, { ...act, outcome: status, messages });
  return {
    status,
    key,
    traceId,
    messages: routed.map((message) => ({
      ...message,
      links: messageLinks(message.deduplicationKey, basePath),
    })),
    ...routes,
  };
}

/** @throws Problem where an event has more bytes of JSON than one that is sent alone may have */
function assertSize(bytes: number): void {
  if (bytes > EVENT_LIMIT_BYTES) throw bodyTooLarge(EVENT_LIMIT_BYTES);
}

function statusOf({ status }: EventAcceptance): 200 | 202 {
  return status === 'duplicate' ? 200 : 202;
}

function choicesFor(
  event: SourceEvent,
  { configuration }: ApiContext,
): NonNullable<EventAcceptance['routes']> {
  return chooseRoutes(configuration.routes, event).map(({ mismatch, route }) => ({
    route: route.name,
    takes: mismatch === undefined,
    ...(mismatch !== undefined && { reason: mismatch }),
  }));
}
