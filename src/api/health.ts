import { Router } from 'express';
import { recentPollers } from '../store/pollers.js';
import type { ApiContext } from './apiContext.js';

/** Liveness: the process answers. Readiness: it can accept messages, and somebody is there to deliver them. */
export function healthRouter({ client, gate }: ApiContext): Router {
  const router = Router();

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  router.get('/readyz', async (_request, response) => {
    const checks = await gate(() => recentPollers(client)).then(
      (count) => ({ temporal: true, worker: count > 0 }),
      () => ({ temporal: false, worker: false }),
    );
    const ready = checks.temporal && checks.worker;
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', checks });
  });

  return router;
}
