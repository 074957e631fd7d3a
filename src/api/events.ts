/** Takes events in the product's own form: `POST /v1/events` and `POST /v1/events/batch`. */
import { Router } from 'express';
import type { z } from 'zod';
import { acceptEvent } from '../acceptance/acceptEvent.js';
import type { RoutedMessage } from '../acceptance/routedMessage.js';
import { eventSchema, type SourceEvent } from '../domain/event.js';
import { chooseRoutes } from '../routing/chooseRoutes.js';
import { activeTraceId } from '../telemetry/tracing.js';
import type { ApiContext } from './apiContext.js';
import { basePathOf } from './basePath.js';
import { withIdempotencyKey } from './idempotencyKey.js';
import { acceptInSlices, refusedResult } from './inSlices.js';
import { operationOf } from './operation.js';
import { parseEnvelope, parseRequest } from './problem.js';
import { tellingRefusals } from './refusedWrites.js';
import { reportTemplateFailures } from './templateFailures.js';
import { jsonBody } from './requestBody.js';
import {
  eventBatchSchema,
  eventQuerySchema,
  type eventAcceptanceSchema,
  type eventBatchResultSchema,
} from './schema/eventRepresentation.js';
import { messageLinks } from './schema/paths.js';

/** Room for the longest text in any script, escaped, and for what the source sent. */
const EVENT_LIMIT_BYTES = 1024 * 1024;

/** As for a batch of messages. */
const BATCH_LIMIT_BYTES = 16 * 1024 * 1024;

type EventAcceptance = z.infer<typeof eventAcceptanceSchema>;
type EventResult = z.infer<typeof eventBatchResultSchema>['results'][number];

export function eventsRouter(context: ApiContext): Router {
  const router = Router();

  router.post('/events', jsonBody(EVENT_LIMIT_BYTES), async (request, response) => {
    const { explain } = parseRequest(eventQuerySchema, request.query);
    const event = withIdempotencyKey(request, 'key');
    const body = await accept(context, event, { explain, basePath: basePathOf(response) });
    response.status(statusOf(body)).json(body);
  });

  router.post('/events/batch', jsonBody(BATCH_LIMIT_BYTES), async (request, response) => {
    const { explain } = parseRequest(eventQuerySchema, request.query);
    const { events } = parseEnvelope(eventBatchSchema, request.body);
    const operation = operationOf(request, response);
    const asked = { explain, basePath: basePathOf(response) };
    const results = await acceptInSlices(events, async (each): Promise<EventResult> => {
      try {
        const event = await accept(context, each, asked);
        return { status: statusOf(event), event };
      } catch (error) {
        return refusedResult(error, context.log, operation);
      }
    });
    response.json({ results });
  });

  return router;
}

/** Accepts an event as it came. Throws a Problem where it is not valid. */
async function accept(
  context: ApiContext,
  body: unknown,
  { basePath, explain }: { explain: 'true' | 'false'; basePath: string },
): Promise<EventAcceptance> {
  const event = parseRequest(eventSchema, body);
  const traceId = activeTraceId();
  const routed = await tellingRefusals(context.writes, () =>
    acceptEvent(context.client, context.configuration, event, traceId),
  );
  report(routed, context);
  reportTemplateFailures(context, routed);
  return {
    status: routed.every(({ duplicate }) => duplicate) ? 'duplicate' : 'accepted',
    key: event.key,
    traceId,
    messages: routed.map((message) => ({
      ...message,
      links: messageLinks(message.deduplicationKey, basePath),
    })),
    ...(explain === 'true' && { routes: choicesFor(event, context) }),
  };
}

function statusOf({ status }: EventAcceptance): 200 | 202 {
  return status === 'duplicate' ? 200 : 202;
}

function report(routed: readonly RoutedMessage[], { log, metrics, writes }: ApiContext): void {
  for (const { deduplicationKey, duplicate, route, status } of routed) {
    if (duplicate) metrics.duplicates.inc();
    else metrics.accepted.inc();
    const line = { deduplicationKey, route, status };
    log.info(line, duplicate ? 'Duplicate event dropped' : 'Event accepted');
  }
  if (routed.some(({ duplicate }) => !duplicate)) writes.messageAccepted();
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
