import { Router } from 'express';
import type { z } from 'zod';
import type { QueueState } from '../queues/queue.js';
import type { ApiContext } from './apiContext.js';
import type { readinessSchema } from './schema/healthRepresentation.js';
import { ReadinessCheck } from './readiness.js';

/**
 * Liveness: the process answers. Readiness: Temporal answers and accepts writes, its namespace is complete, and a worker
 * polls. Queues that wait are warnings: the API accepts messages all the same.
 */
export function healthRouter(
  { configuration, healthClient, live, log, writes }: ApiContext,
  queues: () => QueueState[] = () => [],
): Router {
  const router = Router();
  const check = new ReadinessCheck(healthClient, configuration, writes);
  let reachable = true;

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  router.get('/readyz', async (_request, response) => {
    const readiness = await check.run((error) => {
      // Probes come every few seconds: one line for each time that Temporal goes away.
      if (reachable) log.warn({ err: error }, 'Not ready: Temporal can’t be reached');
      reachable = false;
    });
    if (readiness.checks.temporal) reachable = true;
    const states = queues();
    const warnings = [...live.warnings, ...states.map(warningOf)].filter(
      (each) => each !== undefined,
    );
    response.status(readiness.status === 'ready' ? 200 : 503).json({
      ...readiness,
      warnings,
      ...(states.length > 0 && { queues: states.map(representationOf) }),
    });
  });

  return router;
}

function warningOf({ fault, name }: QueueState): string | undefined {
  return fault === undefined ? undefined : `The queue ${name} waits. ${fault}`;
}

function representationOf({
  fault,
  lag,
  name,
}: QueueState): NonNullable<z.infer<typeof readinessSchema>['queues']>[number] {
  return { name, consumed: fault === undefined, ...(lag !== undefined && { lag }) };
}
