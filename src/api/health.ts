import { Router } from 'express';
import { countWorkers } from '../store/pollers.js';
import type { ApiContext } from './apiContext.js';

/** Liveness: the process answers. Readiness: Temporal answers, and a worker polls. */
export function healthRouter({ healthClient, log }: ApiContext): Router {
  const router = Router();
  let reachable = true;

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  router.get('/readyz', async (_request, response) => {
    const checks = await countWorkers(healthClient).then(
      (count) => {
        reachable = true;
        return { temporal: true, worker: count > 0 };
      },
      (error: unknown) => {
        // Probes come every few seconds: one line for each time that Temporal goes away.
        if (reachable) log.warn({ err: error }, 'Not ready: Temporal can’t be reached');
        reachable = false;
        return { temporal: false, worker: false };
      },
    );
    const ready = checks.temporal && checks.worker;
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', checks });
  });

  return router;
}
