/** Takes events in the product's own form: `POST /v1/events`. */
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
import { parseRequest } from './problem.js';
import { tellingRefusals } from './refusedWrites.js';
import { reportTemplateFailures } from './templateFailures.js';
import { jsonBody } from './requestBody.js';
import { eventQuerySchema, type eventAcceptanceSchema } from './schema/eventRepresentation.js';
import { messageLinks } from './schema/paths.js';

/** Room for the longest text in any script, escaped, and for what the source sent. */
const EVENT_LIMIT_BYTES = 1024 * 1024;

type EventAcceptance = z.infer<typeof eventAcceptanceSchema>;

export function eventsRouter(context: ApiContext): Router {
  const router = Router();
  router.post('/events', jsonBody(EVENT_LIMIT_BYTES), async (request, response) => {
    const { explain } = parseRequest(eventQuerySchema, request.query);
    const event = parseRequest(eventSchema, withIdempotencyKey(request, 'key'));
    const traceId = activeTraceId();
    const routed = await tellingRefusals(context.writes, () =>
      acceptEvent(context.client, context.configuration, event, traceId),
    );
    report(routed, context);
    reportTemplateFailures(context, routed);
    const isDuplicate = routed.every(({ duplicate }) => duplicate);
    const body: EventAcceptance = {
      status: isDuplicate ? 'duplicate' : 'accepted',
      key: event.key,
      traceId,
      messages: routed.map((message) => ({
        ...message,
        links: messageLinks(message.deduplicationKey, basePathOf(response)),
      })),
      ...(explain === 'true' && { routes: choicesFor(event, context) }),
    };
    response.status(isDuplicate ? 200 : 202).json(body);
  });
  return router;
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
