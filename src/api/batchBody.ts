/** A batch as the API answers with it. */
import type { z } from 'zod';
import { messageId } from '../acceptance/messageId.js';
import { MessageRefused } from '../acceptance/refusal.js';
import type { BatchMessageResult } from '../contract/batch.js';
import { ownForm } from '../domain/tenant.js';
import { explainBatch } from '../explanation/batch.js';
import type { BatchMessage } from '../store/batchHistory.js';
import type { BatchExecution } from '../store/batches.js';
import { acceptanceBody, keyReused } from './acceptanceBody.js';
import type { Asker } from './findMessage.js';
import { Problem } from './problem.js';
import { problemOf } from './problemOf.js';
import type { batchStateSchema } from './schema/batchRepresentation.js';
import { batchLinks } from './schema/paths.js';

export type BatchBody = z.infer<typeof batchStateSchema>;
export type BatchMessageBody = NonNullable<BatchBody['results']>[number];

export function batchBody(batch: BatchExecution, basePath: string, { tenant }: Asker): BatchBody {
  const { acceptedAt, closedAt, counts, status, total } = batch;
  const id = ownForm(tenant, batch.id);
  const { traceId } = batch.memo;
  const explanation = explainBatch(batch, new Date());
  const links = batchLinks(id, traceId, basePath);
  return { id, status, explanation, total, counts, acceptedAt, closedAt, traceId, links };
}

/** @param isOpen whether the turn of what has no result is still to come */
export function batchResultBody(
  { entry, result }: BatchMessage,
  isOpen: boolean,
  basePath: string,
  asker: Asker,
): BatchMessageBody {
  if (!('message' in entry)) {
    const problem = problemOf(new MessageRefused('invalid', entry.faults));
    return { deduplicationKey: entry.deduplicationKey, ...refused(problem) };
  }
  // The batch has it as it was sent: as its tenant knows it.
  const { deduplicationKey: sent, tenant } = entry.message;
  const deduplicationKey = asker.tenant === undefined ? messageId(tenant, sent) : sent;
  if (!result) return { deduplicationKey, outcome: isOpen ? 'queued' : 'cancelled' };
  return { deduplicationKey, ...outcomeBody(result, deduplicationKey, basePath) };
}

function outcomeBody(
  result: BatchMessageResult,
  deduplicationKey: string,
  basePath: string,
): Omit<BatchMessageBody, 'deduplicationKey'> {
  switch (result.outcome) {
    case 'refused':
      return refused(problemOf(new MessageRefused(result.kind, result.faults)));
    case 'failed':
    case 'refused_at_once':
      return refused(
        new Problem(
          'internal_error',
          'The message can’t be started. The log of the worker has the error.',
        ),
      );
    case 'accepted':
    case 'duplicate': {
      const message = acceptanceBody(result, deduplicationKey, basePath);
      return { outcome: result.outcome, status: message.duplicate ? 200 : 202, message };
    }
    case 'key_reused':
      return refused(keyReused(result));
    case 'cancelled':
      return { outcome: 'cancelled' };
  }
}

function refused(problem: Problem): Omit<BatchMessageBody, 'deduplicationKey'> {
  return { outcome: 'refused', status: problem.status, problem: problem.toJSON() };
}
