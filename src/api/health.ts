import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { Router } from 'express';
import { WORKFLOW_TASK_QUEUE } from '../temporal/names.js';
import type { ApiContext } from './apiContext.js';

/** Liveness: the process answers. Readiness: it can accept messages, and somebody is there to deliver them. */
export function healthRouter({ client, gate }: ApiContext): Router {
  const router = Router();

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  router.get('/readyz', async (_request, response) => {
    const checks = await gate(() => pollers(client)).then(
      (count) => ({ temporal: true, worker: count > 0 }),
      () => ({ temporal: false, worker: false }),
    );
    const ready = checks.temporal && checks.worker;
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', checks });
  });

  return router;
}

/** How many workers have lately polled for workflow tasks. */
async function pollers(client: Client): Promise<number> {
  const description = await client.workflowService.describeTaskQueue({
    namespace: client.workflow.options.namespace,
    taskQueue: { name: WORKFLOW_TASK_QUEUE },
    taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  });
  return description.pollers.length;
}
