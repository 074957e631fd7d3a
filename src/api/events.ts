/** Takes events in the product's own form: `POST /v1/events`. */
import { Router } from 'express';
import { acceptEvent } from '../acceptance/acceptEvent.js';
import { eventSchema } from '../domain/event.js';
import { activeTraceId } from '../telemetry/tracing.js';
import type { ApiContext } from './apiContext.js';
import { parseRequest } from './problem.js';
import { reportTemplateFailures } from './templateFailures.js';
import { jsonBody } from './requestBody.js';

/** Room for the longest text in any script, escaped, and for what the source sent. */
const EVENT_LIMIT_BYTES = 1024 * 1024;

export function eventsRouter(context: ApiContext): Router {
  const { client, configuration } = context;
  const router = Router();
  router.post('/events', jsonBody(EVENT_LIMIT_BYTES), async (request, response) => {
    const event = parseRequest(eventSchema, request.body);
    const messages = await acceptEvent(client, configuration, event, activeTraceId());
    reportTemplateFailures(context, messages);
    response.status(202).json({ status: 'accepted', messages });
  });
  return router;
}
