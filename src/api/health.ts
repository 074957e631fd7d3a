import { Router } from 'express';
import type { ApiContext } from './apiContext.js';
import { ReadinessCheck } from './readiness.js';

/**
 * Liveness: the process answers. Readiness: Temporal answers and accepts writes, its namespace is complete, and a worker
 * polls.
 */
export function healthRouter({
  configuration,
  healthClient,
  live,
  log,
  writes,
}: ApiContext): Router {
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
    const warnings = live.fault === undefined ? [] : [live.fault];
    response.status(readiness.status === 'ready' ? 200 : 503).json({ ...readiness, warnings });
  });

  return router;
}
