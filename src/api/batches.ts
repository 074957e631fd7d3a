/** Reading and cancelling batches: `GET` and `DELETE /v1/batches/{id}`. */
import { Router } from 'express';
import { describeBatch, type BatchExecution } from '../store/batches.js';
import { cancelWorkflow } from '../store/cancelWorkflow.js';
import { batchWorkflowId } from '../contract/names.js';
import type { ApiContext } from './apiContext.js';
import { audit } from './audit.js';
import { callerOf, requireScope, type Caller } from './caller.js';
import { assertMayDecide, decidedBy } from './permissions.js';
import { allDestinations } from '../domain/message.js';
import { ownForm } from '../domain/tenant.js';
import { basePathOf } from './basePath.js';
import { batchBody, batchResultBody, type BatchBody } from './batchBody.js';
import { parseBatchId, type Asker } from './findMessage.js';
import { parseRequest, Problem } from './problem.js';
import { batchQuerySchema, cancelQuerySchema } from './schema/requests.js';
import type { Client } from '@temporalio/client';
import type { z } from 'zod';

export function batchesRouter(context: ApiContext): Router {
  const { readClient } = context;
  const router = Router();

  router.get('/batches/:id', requireScope('read'), async (request, response) => {
    const { results } = parseRequest(batchQuerySchema, request.query);
    const caller = callerOf(request);
    const batch = await findBatch(readClient, caller, request.params.id);
    response.json(await batchWithResults(context, caller, batch, results, basePathOf(response)));
  });

  router.delete('/batches/:id', requireScope('decide'), async (request, response) => {
    const asked = parseRequest(cancelQuerySchema, request.query);
    const caller = callerOf(request);
    const cancelled = await cancelBatch(context, caller, request.params.id, asked);
    response.status(202).json(batchBody(cancelled, basePathOf(response), caller));
  });

  return router;
}

/** Starts no more messages of the batch. @throws Problem where it is unknown or has ended, or the caller may not cancel it */
export async function cancelBatch(
  context: ApiContext,
  caller: Caller,
  given: string,
  { by: claimed, reason }: z.infer<typeof cancelQuerySchema>,
): Promise<BatchExecution> {
  const { decisionClient, log } = context;
  const by = decidedBy(caller, claimed);
  const batch = await findBatch(decisionClient, caller, given);
  const { closedAt, id, memo, status } = batch;
  if (closedAt !== undefined) {
    throw new Problem(
      'nothing_to_cancel',
      `The batch is ${status} since ${closedAt}: no message of it waits to be started. Cancel its messages one by one.`,
    );
  }
  await assertMayCancel(context, caller, batch);
  await cancelWorkflow(decisionClient, batchWorkflowId(id), { by, reason });
  const { traceId } = memo;
  log.info({ batch: id, traceId }, 'Batch cancelled');
  audit(log, { action: 'cancel', caller, by, outcome: 'accepted', batch: id, traceId });
  return await findBatch(decisionClient, caller, id);
}

/** Throws a Problem where the batch has a message that the caller may not decide on. */
async function assertMayCancel(
  { batchReader, decisionClient }: ApiContext,
  caller: Caller,
  batch: BatchExecution,
): Promise<void> {
  if (!caller.destinations && !caller.sources) return;
  for (const { entry } of (await batchReader.messages(decisionClient, batch)) ?? []) {
    if (!('message' in entry)) continue;
    const { correlation, destinations } = entry.message;
    const source = correlation?.source;
    assertMayDecide(caller, { destinations: allDestinations(destinations), source });
  }
}

/** Throws a Problem if the caller knows no batch with this id. */
export async function findBatch(
  client: Client,
  asker: Asker,
  given: string,
): Promise<BatchExecution> {
  const id = parseBatchId(asker, given);
  const batch = await describeBatch(client, id);
  if (batch) return batch;
  throw new Problem(
    'not_found',
    `No batch with the id "${ownForm(asker.tenant, id)}" is known: it was never accepted, or its retention has ended.`,
  );
}

/** The batch with those of its results that are asked for. */
export async function batchWithResults(
  { batchReader, readClient }: ApiContext,
  asker: Asker,
  batch: BatchExecution,
  asked: z.infer<typeof batchQuerySchema>['results'],
  basePath: string,
): Promise<BatchBody> {
  const body = batchBody(batch, basePath, asker);
  const messages = asked === 'none' ? undefined : await batchReader.messages(readClient, batch);
  if (!messages) return body;
  const isOpen = batch.closedAt === undefined;
  const results = messages
    .map((message) => batchResultBody(message, isOpen, basePath, asker))
    .filter(({ outcome }) => asked === 'all' || outcome === 'refused');
  return { ...body, results };
}
