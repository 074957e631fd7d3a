/** Reading messages, and people's decisions on their dead letters. */
import { Router, type RequestHandler } from 'express';
import { z } from 'zod';
import { FAILURE_REASONS, MESSAGE_STATUSES, type DeliveryStatus } from '../delivery.js';
import { deduplicationKeySchema, destinationSchema } from '../message.js';
import { cancelMessage } from '../temporal/cancelMessage.js';
import { readMessage, type MessageState } from '../temporal/messageHistory.js';
import { searchMessages } from '../temporal/messageSearch.js';
import { discardSignal, retrySignal, type OperatorRequest } from '../workflows/signals.js';
import { messagePath, type ApiContext } from './apiContext.js';
import { jsonBody } from './ingestion.js';
import { parseRequest, Problem } from './problem.js';

const pageFields = {
  destination: destinationSchema.optional(),
  cursor: z.base64url('must be the cursor of an earlier answer').optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
};
export const messageQuerySchema = z.strictObject({
  ...pageFields,
  source: z.string().optional(),
  reference: z.string().optional(),
  traceId: z.string().optional(),
  status: z.enum(MESSAGE_STATUSES).optional(),
  since: z.iso
    .datetime({ offset: true, error: 'must be a time as 2026-11-23T12:00:00Z' })
    .optional(),
});
export const deadLetterQuerySchema = z.strictObject({
  ...pageFields,
  reason: z.enum(FAILURE_REASONS).optional(),
});

const personsWords = z.string().trim().min(1, 'must not be empty').max(1_000);
export const retryBodySchema = z
  .strictObject({
    destination: destinationSchema.optional(),
    by: personsWords.optional(),
    reason: personsWords.optional(),
  })
  .meta({ id: 'RetryRequest' });
/** Giving a message up is final, so who and why are asked for. */
export const discardBodySchema = z
  .strictObject({
    destination: destinationSchema.optional(),
    by: personsWords,
    reason: personsWords,
  })
  .meta({ id: 'DiscardRequest' });

/** As query parameters, since many clients and proxies drop the body of a DELETE. */
export const cancelQuerySchema = z.strictObject({
  by: personsWords.optional(),
  reason: personsWords.optional(),
});

const DECISION_LIMIT_BYTES = 16 * 1024;

export function messagesRouter(context: ApiContext): Router {
  const { client, gate } = context;
  const router = Router();

  router.get('/messages', async (request, response) => {
    const { cursor, limit, since, ...filter } = parseRequest(messageQuerySchema, request.query);
    const criteria = { ...filter, since: since === undefined ? undefined : new Date(since) };
    response.json(await gate(() => searchMessages(client, criteria, { cursor, limit })));
  });

  router.get('/dead-letters', async (request, response) => {
    const { cursor, limit, ...filter } = parseRequest(deadLetterQuerySchema, request.query);
    const criteria = { ...filter, status: 'dead_lettered' as const };
    response.json(await gate(() => searchMessages(client, criteria, { cursor, limit })));
  });

  router.get('/messages/:key', async (request, response) => {
    response.json(await findMessage(context, request.params.key));
  });

  router.post(
    '/messages/:key/retry',
    jsonBody(DECISION_LIMIT_BYTES),
    decide(context, retrySignal, retryBodySchema),
  );
  router.post(
    '/messages/:key/discard',
    jsonBody(DECISION_LIMIT_BYTES),
    decide(context, discardSignal, discardBodySchema),
  );

  router.delete('/messages/:key', cancel(context));

  return router;
}

const CANCELLABLE = new Set<DeliveryStatus>(['accepted', 'delivering', 'dead_lettered', 'standby']);

/** Stops what has not been sent. An attempt that is under way ends with the platform's answer, and counts. */
function cancel(context: ApiContext): RequestHandler<{ key: string }> {
  const { client, gate, log } = context;
  return async (request, response) => {
    const { by, reason } = parseRequest(cancelQuerySchema, request.query);
    const message = await findMessage(context, request.params.key);
    const { closedAt, deduplicationKey, status } = message;
    if (closedAt !== undefined) {
      throw new Problem('nothing_to_cancel', `It is ${status} since ${closedAt}.`);
    }
    await gate(() => cancelMessage(client, deduplicationKey, { by, reason }));
    const destinations = message.deliveries
      .filter((delivery) => CANCELLABLE.has(delivery.status))
      .map(({ destination }) => destination);
    log.info({ deduplicationKey, action: 'cancel', destinations }, 'Decision taken');
    response
      .status(202)
      .json({ deduplicationKey, action: 'cancel', destinations, links: linksOf(message) });
  };
}

/** Passes a person's decision on to the message's workflow, which acts on it once, whoever else decides at the same time. */
function decide(
  context: ApiContext,
  signal: typeof retrySignal,
  bodySchema: z.ZodType<OperatorRequest>,
): RequestHandler<{ key: string }> {
  return async (request, response) => {
    const decision = parseRequest(bodySchema, request.body ?? {});
    const message = await findMessage(context, request.params.key);
    const { deduplicationKey } = message;
    const destinations = parkedDestinations(message, decision.destination);
    await context.gate(() =>
      context.client.workflow.getHandle(deduplicationKey).signal(signal, decision),
    );
    context.log.info({ deduplicationKey, action: signal.name, destinations }, 'Decision taken');
    response
      .status(202)
      .json({ deduplicationKey, action: signal.name, destinations, links: linksOf(message) });
  };
}

async function findMessage(
  { client, gate }: ApiContext,
  key: string,
): Promise<MessageState & { links: { self: string } }> {
  const deduplicationKey = parseRequest(z.object({ key: deduplicationKeySchema }), { key }).key;
  const message = await gate(() => readMessage(client, deduplicationKey));
  if (message) return { ...message, links: linksOf(message) };
  throw new Problem(
    'not_found',
    `No message with the key "${deduplicationKey}" is known: it was never accepted, or its retention has ended.`,
  );
}

function linksOf({ deduplicationKey }: { deduplicationKey: string }): { self: string } {
  return { self: messagePath(deduplicationKey) };
}

/** The dead letters that a decision is about. Throws the problem that says why there are none. */
function parkedDestinations(message: MessageState, destination: string | undefined): string[] {
  const parked = message.deadLetters.map((deadLetter) => deadLetter.destination);
  const meant = destination === undefined ? parked : parked.filter((each) => each === destination);
  if (meant.length > 0) return meant;
  throw new Problem('nothing_to_decide', whyNothingToDecide(message, destination, parked));
}

function whyNothingToDecide(
  { closedAt, failure, status }: MessageState,
  destination: string | undefined,
  parked: string[],
): string {
  if (destination !== undefined && parked.length > 0) {
    return `${destination} is no dead letter of this message: ${parked.join(', ')} is.`;
  }
  switch (status) {
    case 'confirmed':
      return `It was confirmed at ${closedAt ?? 'an unknown time'}: nothing was sent again.`;
    case 'discarded':
      return `${failure ?? 'It was discarded'}, at ${closedAt ?? 'an unknown time'}. Only "temporal workflow reset" brings it back.`;
    case 'accepted':
    case 'delivering':
      return 'It is still being delivered: there is nothing to decide yet.';
    default:
      return `It is ${status} since ${closedAt ?? 'an unknown time'}.`;
  }
}
