import { Router } from 'express';
import type { z } from 'zod';
import type { QueueState } from '../queues/queue.js';
import type { ApiContext } from './apiContext.js';
import type { readinessSchema } from './schema/healthRepresentation.js';
import { readinessQuerySchema } from './schema/requests.js';
import { readinessWithIntake } from './intakeReadiness.js';
import { parseRequest } from './problem.js';
import { ReadinessCheck, readinessToAccept } from './readiness.js';

/**
 * Liveness: the process answers. Readiness: Temporal answers and accepts writes, its namespace is complete, and a worker
 * polls. Queues that wait are warnings: the API accepts messages all the same. So are Temporal and the workers where a queue takes
 * what is sent: readiness is then that of the queue.
 */
export function healthRouter(
  { configuration, encryption, healthClient, intake, live, log, writes }: ApiContext,
  queues: () => QueueState[] = () => [],
): Router {
  const router = Router();
  const check = new ReadinessCheck(healthClient, configuration, writes);
  let reachable = true;

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  router.get('/readyz', async (request, response) => {
    const { exclude } = parseRequest(readinessQuerySchema, request.query);
    const [ofTemporal, intakeFault] = await Promise.all([
      check.run((error) => {
        // Probes come every few seconds: one line for each time that Temporal goes away.
        if (reachable) log.warn({ err: error }, 'Temporal can’t be reached');
        reachable = false;
      }),
      intake?.fault(),
    ]);
    if (ofTemporal.checks.temporal) reachable = true;
    const { readiness, warnings: behind } = intake
      ? readinessWithIntake(ofTemporal, intakeFault)
      : exclude === 'worker'
        ? readinessToAccept(ofTemporal)
        : { readiness: ofTemporal, warnings: [] };
    const states = queues();
    const warnings = [
      ...live.warnings,
      ...encryption.warnings,
      ...behind,
      ...states.map(warningOf),
    ].filter((each) => each !== undefined);
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
