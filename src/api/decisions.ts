/** Decisions on one message: retry, discard, cancel. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { Router, type RequestHandler } from 'express';
import type { z } from 'zod';
import type { DeliveryStatus } from '../domain/delivery.js';
import { grpcFailureOf } from '../temporal/grpcStatus.js';
import { cancelWorkflow } from '../store/cancelWorkflow.js';
import { recordAttempts } from '../store/recordAttempts.js';
import { discardSignal, retrySignal, type OperatorRequest } from '../contract/signals.js';
import type { ApiContext } from './apiContext.js';
import { audit } from './audit.js';
import { callerOf, requireScope, type Caller } from './caller.js';
import { erase } from './erasure.js';
import { assertMayDecide, decidedBy } from './permissions.js';
import { basePathOf } from './basePath.js';
import { inPersonsName } from './decider.js';
import { ANY_TENANT, findMessage } from './findMessage.js';
import { parseRequest, Problem } from './problem.js';
import { jsonBody } from './requestBody.js';
import { retryBodySchema, discardBodySchema, cancelQuerySchema } from './schema/requests.js';
import { messageLinks } from './schema/paths.js';
import { describeErasure } from '../domain/sealedContent.js';
import { deliveryStatus, type MessageState } from '../domain/messageState.js';
import { summaryFor } from '../domain/tenant.js';

export const DECISION_LIMIT_BYTES = 16 * 1024;

export function decisionsRouter(context: ApiContext): Router {
  const router = Router();
  router.post(
    '/messages/:key/retry',
    requireScope('decide'),
    jsonBody(DECISION_LIMIT_BYTES),
    decide(context, 'retry', retryBodySchema),
  );
  router.post(
    '/messages/:key/discard',
    requireScope('decide'),
    jsonBody(DECISION_LIMIT_BYTES),
    decide(context, 'discard', discardBodySchema),
  );
  router.delete('/messages/:key', erase(context), requireScope('decide'), cancel(context));
  return router;
}

const CANCELLABLE = new Set<DeliveryStatus>(['accepted', 'delivering', 'dead_lettered', 'standby']);

/** An attempt that is running ends with the platform's answer, which counts. */
function cancel(context: ApiContext): RequestHandler<{ key: string }> {
  return async (request, response) => {
    const asked = parseRequest(cancelQuerySchema, request.query);
    const { key } = request.params;
    const { deduplicationKey, destinations } = await cancelMessage(
      context,
      callerOf(request),
      key,
      asked,
    );
    response.status(202).json({
      deduplicationKey,
      action: 'cancel',
      destinations,
      links: messageLinks(deduplicationKey, basePathOf(response)),
    });
  };
}

/** Cancels what of a message has not been posted. Throws a Problem where it has ended. Its key is returned as the caller knows it. */
export async function cancelMessage(
  { decisionClient, log, metrics }: ApiContext,
  caller: Caller,
  key: string,
  { by: claimed, reason }: z.output<typeof cancelQuerySchema>,
): Promise<{ deduplicationKey: string; destinations: string[] }> {
  const by = decidedBy(caller, claimed);
  const { state: message } = await findMessage(decisionClient, caller, key);
  const { deduplicationKey } = message;
  assertOpen(message);
  const destinations = message.deliveries
    .filter((delivery) => CANCELLABLE.has(deliveryStatus(delivery)))
    .map(({ destination }) => destination);
  assertMayDecide(caller, { destinations, source: message.source });
  await actBeforeEnd(decisionClient, deduplicationKey, assertOpen, async () => {
    await recordAttempts(decisionClient, message);
    await cancelWorkflow(decisionClient, deduplicationKey, { by, reason });
  });
  await assertCancelled(decisionClient, deduplicationKey);
  metrics.decisions.inc({ action: 'cancel', scope: 'message' });
  const { traceId } = message;
  log.info({ deduplicationKey, traceId, action: 'cancel', destinations }, 'Decision taken');
  audit(log, {
    ...{ action: 'cancel', caller, by, outcome: 'accepted' },
    ...{ message: deduplicationKey, destinations, traceId },
  });
  const known = summaryFor(caller.tenant, message).deduplicationKey;
  return { deduplicationKey: known, destinations };
}

/** Temporal accepts the cancellation of a workflow that has just ended, and does nothing. */
async function assertCancelled(client: Client, deduplicationKey: string): Promise<void> {
  // The cancellation stands even if the message can't be read now.
  const found = await findMessage(client, ANY_TENANT, deduplicationKey).catch(() => undefined);
  const isRecorded = found?.state.operatorActions.some(({ action }) => action === 'cancel');
  if (found && !isRecorded) assertOpen(found.state);
}

function assertOpen({ closedAt, status }: MessageState): void {
  if (closedAt === undefined) return;
  throw new Problem('nothing_to_cancel', `The message is ${status} since ${closedAt}.`);
}

function decide(
  context: ApiContext,
  action: 'retry' | 'discard',
  bodySchema: z.ZodType<OperatorRequest>,
): RequestHandler<{ key: string }> {
  return async (request, response) => {
    const decision = parseRequest(bodySchema, inPersonsName(request, request.body ?? {}));
    const taken = await decideOnDeadLetters(context, callerOf(request), request.params.key, {
      action,
      ...decision,
    });
    const links = messageLinks(taken.deduplicationKey, basePathOf(response));
    response.status(202).json({ ...taken, links });
  };
}

/**
 * Signals a decision to the message's workflow, which applies it once, also if others decide at the same time. Throws a
 * Problem if the message has no such dead letter.
 */
export async function decideOnDeadLetters(
  context: ApiContext,
  caller: Caller,
  key: string,
  { action, ...given }: OperatorRequest & { action: 'retry' | 'discard' },
): Promise<{ deduplicationKey: string; action: 'retry' | 'discard'; destinations: string[] }> {
  const by = decidedBy(caller, given.by);
  const decision: OperatorRequest = by === undefined ? given : { ...given, by };
  const { state } = await findMessage(context.decisionClient, caller, key);
  const { deduplicationKey } = state;
  const destinations = parkedDestinations(state, decision.destination);
  assertMayDecide(caller, { destinations, source: state.source });
  const signal = action === 'retry' ? retrySignal : discardSignal;
  const { decisionClient } = context;
  await actBeforeEnd(
    decisionClient,
    deduplicationKey,
    (now) => parkedDestinations(now, decision.destination),
    () => decisionClient.workflow.getHandle(deduplicationKey).signal(signal, decision),
  );
  context.metrics.decisions.inc({ action, scope: 'message' });
  const { traceId } = state;
  context.log.info({ deduplicationKey, traceId, action, destinations }, 'Decision taken');
  audit(context.log, {
    ...{ action, caller, by, outcome: 'accepted' },
    ...{ message: deduplicationKey, destinations, traceId },
  });
  await waitUntilRecorded(context, state);
  const known = summaryFor(caller.tenant, state).deduplicationKey;
  return { deduplicationKey: known, action, destinations };
}

/** How long a message may take to end whose end has begun. */
const ENDING_MS = 1_000;
const ENDING_CHECK_MS = 50;

/** In Temporal's words, whatever the status of gRPC: "workflow execution already completed", "… because workflow is closing". */
const ENDING = /\b(?:clos(?:ed|ing)|complet(?:ed|ing))\b/i;

/**
 * Acts on a message that was open when it was read. If that fails because the message has ended since, throws the Problem that
 * a request after the end gets.
 *
 * @param assertPossible throws a Problem if the state of the message doesn't allow the act
 */
async function actBeforeEnd(
  client: Client,
  deduplicationKey: string,
  assertPossible: (state: MessageState) => unknown,
  act: () => Promise<unknown>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    const reason = grpcFailureOf(error)?.reason ?? (error as Error).message;
    const isEnding = error instanceof WorkflowNotFoundError || ENDING.test(reason);
    const until = performance.now() + ENDING_MS;
    do {
      const found = await findMessage(client, ANY_TENANT, deduplicationKey).catch(
        (failure: unknown) => {
          throw failure instanceof Problem ? failure : error;
        },
      );
      assertPossible(found.state);
      if (!isEnding) throw error;
      await sleep(ENDING_CHECK_MS);
    } while (performance.now() < until);
    throw new Problem('nothing_to_decide', 'The message is about to end: nothing was decided.', {
      cause: error,
    });
  }
}

/** Longer than a workflow task takes. If its worker was lost, the request doesn't wait for the next one. */
const RECORDED_TIMEOUT_MS = 2_000;
const RECORDED_CHECK_MS = 50;

/**
 * Waits until the history has the decision, so that the next status shows it: while a worker handles a workflow task of the
 * message, Temporal buffers the signal. The decision stands even if the message can't be read.
 */
async function waitUntilRecorded(context: ApiContext, before: MessageState): Promise<void> {
  const deadline = Date.now() + RECORDED_TIMEOUT_MS;
  try {
    while (Date.now() < deadline) {
      const { decisionClient } = context;
      const { state } = await findMessage(decisionClient, ANY_TENANT, before.deduplicationKey);
      if (state.operatorActions.length > before.operatorActions.length) return;
      await sleep(RECORDED_CHECK_MS);
    }
  } catch (error) {
    const { deduplicationKey, traceId } = before;
    context.log.warn(
      { deduplicationKey, traceId, err: error },
      'A message can’t be read after the decision on it',
    );
  }
}

/** The destinations whose dead letters are to be decided on. Throws a Problem if there are none. */
function parkedDestinations(message: MessageState, destination: string | undefined): string[] {
  const parked = message.deadLetters.map((deadLetter) => deadLetter.destination);
  const matching =
    destination === undefined ? parked : parked.filter((each) => each === destination);
  // A message that was terminated still names them.
  if (matching.length > 0 && message.closedAt === undefined) return matching;
  const why = whyNothingToDecide(message, destination, parked);
  const { contentErased } = message;
  const erased = contentErased
    ? ` Its content was erased ${describeErasure(contentErased)}, so it can’t be sent again.`
    : '';
  throw new Problem('nothing_to_decide', why + erased);
}

function whyNothingToDecide(
  { closedAt, failure, status }: MessageState,
  destination: string | undefined,
  parked: string[],
): string {
  if (closedAt === undefined && destination !== undefined && parked.length > 0) {
    return `The delivery to ${destination} is not dead-lettered. These are: ${parked.join(', ')}.`;
  }
  switch (status) {
    case 'confirmed':
      return `It was confirmed at ${closedAt ?? 'an unknown time'}: nothing was sent again.`;
    case 'discarded':
      return `${failure ?? 'It was discarded'}, at ${closedAt ?? 'an unknown time'}. Only "temporal workflow reset" can start it again.`;
    case 'accepted':
    case 'delivering':
      return 'The message is still being delivered: there is nothing to decide yet.';
    default:
      return `The message is ${status} since ${closedAt ?? 'an unknown time'}.`;
  }
}
