/** Accepts messages: `POST /v1/messages` and `POST /v1/messages/batch`. */
import { Router } from 'express';
import type { z } from 'zod';
import { assertAcceptable } from '../acceptance/acceptMessage.js';
import { acceptSent } from '../acceptance/acceptSent.js';
import { messageId } from '../acceptance/messageId.js';
import type { Message } from '../domain/message.js';
import { acceptanceBody, type AcceptanceBody } from './acceptanceBody.js';
import type { ApiContext } from './apiContext.js';
import { audit } from './audit.js';
import { callerOf, requireScope, type Caller } from './caller.js';
import { assertMaySend, senderName } from './permissions.js';
import { acceptAsynchronously } from './asynchronousBatch.js';
import { basePathOf } from './basePath.js';
import { acceptInSlices, keyIn, refusedResult } from './inSlices.js';
import { withIdempotencyKey } from './idempotencyKey.js';
import { messageRecord } from './intakeRecord.js';
import { operationOf, type Operation } from './operation.js';
import { prefersAsynchronous } from './preferences.js';
import { parseMessage } from './parseMessage.js';
import { parseEnvelope } from './problem.js';
import { tellingRefusals } from './refusedWrites.js';
import type { batchResultSchema } from './schema/acceptanceRepresentation.js';
import { activeTraceId } from '../telemetry/tracing.js';
import { jsonBatchBody, jsonBody, MESSAGE_LIMIT_BYTES } from './requestBody.js';
import { messageLinks } from './schema/paths.js';
import { batchSchema } from './schema/requests.js';

const BATCH_LIMIT_BYTES = 16 * 1024 * 1024;
type BatchResult = z.infer<typeof batchResultSchema>['results'][number];

export function ingestionRouter(context: ApiContext): Router {
  const router = Router();

  router.post(
    '/messages',
    requireScope('send'),
    jsonBody(MESSAGE_LIMIT_BYTES),
    async (request, response) => {
      const message = withIdempotencyKey(request, 'deduplicationKey');
      const body = await accept(context, message, {
        caller: callerOf(request),
        traceId: activeTraceId(),
        basePath: basePathOf(response),
      });
      response
        .status(body.duplicate ? 200 : 202)
        .location(body.links.self)
        .json(body);
    },
  );

  router.post(
    '/messages/batch',
    requireScope('send'),
    jsonBatchBody(BATCH_LIMIT_BYTES, MESSAGE_LIMIT_BYTES),
    async (request, response) => {
      const { messages } = parseEnvelope(batchSchema, request.body);
      if (prefersAsynchronous(request)) {
        const batch = await acceptAsynchronously(context, request, messages, basePathOf(response));
        response
          .status(batch.duplicate ? 200 : 202)
          .location(batch.links.self)
          .set('Preference-Applied', 'respond-async')
          .json(batch);
        return;
      }
      const operation = operationOf(request, response);
      const caller = callerOf(request);
      const results = await acceptInSlices(messages, (message) =>
        acceptOne(context, message, operation, { caller, basePath: basePathOf(response) }),
      );
      response.json({ results });
    },
  );

  return router;
}

/** What is known without asking Temporal: an answer doesn't wait for it. */
function expectedDelivery(
  { accountQueues }: ApiContext,
  { deliverAt, destinations, expiresAt, priority }: Message,
): Pick<AcceptanceBody, 'expectedAt' | 'heldBack'> {
  const first = destinations.map(({ destination }) => destination);
  const estimate = accountQueues.estimate(first, priority);
  const now = Date.now();
  const dueMs = deliverAt === undefined ? now : Math.max(now, Date.parse(deliverAt));
  switch (estimate?.kind) {
    case 'in': {
      const expectedMs = Math.max(now + estimate.ms, dueMs);
      const isTooLate = expiresAt !== undefined && Date.parse(expiresAt) <= expectedMs;
      return isTooLate ? {} : { expectedAt: new Date(expectedMs).toISOString() };
    }
    case 'held_back':
      // When it is due, the account may work again.
      return dueMs > now ? {} : { heldBack: estimate.reason };
    default:
      return {};
  }
}

interface Sending {
  caller: Caller;
  basePath: string;
}

async function accept(
  context: ApiContext,
  body: unknown,
  { basePath, caller, traceId }: Sending & { traceId: string },
): Promise<AcceptanceBody> {
  const message = parseMessage(body, caller);
  assertMaySend(caller, message);
  const { intake, log, writes } = context;
  const { deduplicationKey } = message;
  const sentBy = senderName(caller);
  const id = messageId(caller.tenant, deduplicationKey);
  const act = { action: 'send', caller, message: id, traceId } as const;
  if (intake) {
    // What is wrong with it in any case is said now.
    assertAcceptable(message, context.configuration);
    await intake.put(messageRecord(message, body, sentBy), id);
    log.info({ deduplicationKey: id, traceId, queue: intake.name }, 'Message queued');
    audit(log, { ...act, outcome: 'queued' });
    const links = messageLinks(deduplicationKey, basePath);
    return { deduplicationKey, status: 'queued', duplicate: false, traceId, links };
  }
  const acceptance = await tellingRefusals(writes, () =>
    acceptSent(context, message, traceId, { sentBy }),
  );
  audit(log, { ...act, outcome: acceptance.outcome });
  if (acceptance.outcome === 'accepted') writes.messageAccepted();
  const answer = acceptanceBody(acceptance, deduplicationKey, basePath);
  return answer.duplicate ? answer : { ...answer, ...expectedDelivery(context, message) };
}

/** Accepts one message of a batch. Its result is what the answer would be if it was sent alone. */
async function acceptOne(
  context: ApiContext,
  body: unknown,
  operation: Operation,
  sending: Sending,
): Promise<BatchResult> {
  try {
    const message = await accept(context, body, { ...sending, traceId: activeTraceId() });
    return { status: message.duplicate ? 200 : 202, message };
  } catch (error) {
    const sent = { caller: sending.caller, message: keyIn(body, 'deduplicationKey') };
    return refusedResult(error, context.log, operation, sent);
  }
}
