/** Lists the configured sources: `GET /v1/sources`. */
import { Router } from 'express';
import type { z } from 'zod';
import type { ApiContext } from './apiContext.js';
import { callerOf, requireScope } from './caller.js';
import { parseRequest } from './problem.js';
import { addressOfApi, MOST_SOURCES, readSources, sourcesFor } from './sourceReading.js';
import { sourceQuerySchema, type sourceListSchema } from './schema/sourceRepresentation.js';

export function sourceListRouter(context: ApiContext): Router {
  const router = Router();
  router.get('/sources', requireScope('read'), async (request, response) => {
    const { cursor } = parseRequest(sourceQuerySchema, request.query);
    const from = Number(cursor ?? 0);
    const base = addressOfApi(context, request, response);
    const caller = callerOf(request);
    const sources = await readSources(context, caller, base, from);
    const next = from + MOST_SOURCES;
    const body: z.infer<typeof sourceListSchema> = {
      since: context.recentRequests.since.toISOString(),
      sources: sources.map(({ counts, requests, ...source }) => ({
        ...source,
        requests: requests.map((each) => ({ ...each, messages: [...each.messages] })),
        counts: Object.fromEntries(counts),
      })),
      ...(next < sourcesFor(caller, context).length && { cursor: String(next) }),
    };
    response.json(body);
  });
  return router;
}
