/** `PATCH /v1/messages/{key}`: other times for a message that has not begun. */
import { Router } from 'express';
import type { z } from 'zod';
import { rescheduleMessage } from '../store/rescheduleMessage.js';
import type { ApiContext } from './apiContext.js';
import { audit } from './audit.js';
import { callerOf, requireScope, type Caller } from './caller.js';
import { assertMayDecide, decidedBy } from './permissions.js';
import { basePathOf } from './basePath.js';
import { DECISION_LIMIT_BYTES } from './decisions.js';
import { findMessage } from './findMessage.js';
import { messageBody } from './messages.js';
import { invalidRequest, parseRequest, Problem } from './problem.js';
import { jsonBody } from './requestBody.js';
import { rescheduleBodySchema } from './schema/requests.js';
import { answeredByWorker } from './workerAnswer.js';

export function reschedulingRouter(context: ApiContext): Router {
  const router = Router();
  router.patch(
    '/messages/:key',
    requireScope('decide'),
    jsonBody(DECISION_LIMIT_BYTES),
    async (request, response) => {
      const given = parseRequest(rescheduleBodySchema, request.body ?? {});
      const caller = callerOf(request);
      const { key } = request.params as { key: string };
      await reschedule(context, caller, key, given);
      const rescheduled = await findMessage(context.decisionClient, caller, key);
      response.json(messageBody(rescheduled, basePathOf(response), context, caller));
    },
  );
  return router;
}

/** Gives a message other times. Throws a Problem where it has begun, or the times don't fit. */
export async function reschedule(
  { decisionClient: client, log, metrics }: ApiContext,
  caller: Caller,
  key: string,
  given: z.output<typeof rescheduleBodySchema>,
): Promise<void> {
  const by = decidedBy(caller, given.by);
  const change = by === undefined ? given : { ...given, by };
  const { runId, state } = await findMessage(client, caller, key);
  const { closedAt, deduplicationKey, status, traceId } = state;
  assertMayDecide(caller, { destinations: state.destinations, source: state.source });
  if (closedAt !== undefined) throw begun(`it is ${status} since ${closedAt}`);

  const refusal = await answeredByWorker(
    rescheduleMessage(client, { deduplicationKey, runId }, change),
  );
  switch (refusal) {
    case undefined:
      break;
    case 'begun':
      throw begun('its deliveries have begun');
    case 'ended':
      throw begun('it has ended');
    case 'expires_first':
      throw invalidRequest([{ field: 'expiresAt', detail: 'must be later than deliverAt' }]);
    case 'erased_first':
      throw invalidRequest([
        {
          field: 'deliverAt',
          detail:
            'must be before the message’s content is erased (contentRetention): send it again with a new key for a later time',
        },
      ]);
    case 'unknown_to_worker':
      throw begun(
        'the worker that runs it is of an earlier release: update the workers, or cancel the message and send it with a new key',
      );
  }
  metrics.decisions.inc({ action: 'reschedule', scope: 'message' });
  log.info({ deduplicationKey, traceId, action: 'reschedule' }, 'Decision taken');
  audit(log, {
    ...{ action: 'reschedule', caller, by, outcome: 'accepted' },
    ...{ message: deduplicationKey, traceId },
  });
}

function begun(why: string): Problem {
  return new Problem('nothing_to_reschedule', `The message can’t be rescheduled: ${why}.`);
}
