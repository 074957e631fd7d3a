/** Dead letters: the list, the summary, and decisions on all that match a filter. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { Router, type RequestHandler } from 'express';
import type { z } from 'zod';
import { decideAll } from '../store/decideAll.js';
import {
  followDecision,
  visibleDecision,
  type DestinationDecision,
} from '../store/followDecision.js';
import {
  DeadLetterTally,
  searchDeadLetters,
  type DeadLetterFilter,
  type DeadLetterSummary,
} from '../store/search/deadLetterSearch.js';
import type { MessagePage, TenantFilter } from '../store/search/messageSearch.js';
import { idInTenant, ownForm } from '../domain/tenant.js';
import type { Asker } from './findMessage.js';
import type { ApiContext } from './apiContext.js';
import { audit } from './audit.js';
import { callerOf, requireScope, type Caller } from './caller.js';
import { assertMayDecideOnAll, decidedBy } from './permissions.js';
import { deciderOf } from '../domain/decider.js';
import { basePathOf } from './basePath.js';
import { DECISION_LIMIT_BYTES } from './decisions.js';
import { allNamed } from './named.js';
import { invalidRequest, parseRequest, Problem } from './problem.js';
import type {
  bulkDecisionSchema,
  bulkDecisionProgressSchema,
} from './schema/deadLetterRepresentation.js';
import type { BulkDecision, BulkRequest } from '../contract/deadLetterQueue.js';
import type { Destination } from '../domain/destination.js';
import { namesAmong, type DestinationNames } from '../domain/destinationNames.js';
import { onceAborted, withinTime } from '../lib/deadline.js';
import { decideEverywhere, decisionId, sizeOf } from './decideEverywhere.js';
import { jsonBody } from './requestBody.js';
import {
  deadLetterQuerySchema,
  deadLetterSummaryQuerySchema,
  bulkDecisionBodySchema,
} from './schema/requests.js';
import { decisionPath } from './schema/paths.js';

/** The most that Temporal returns in one response. */
const LARGEST_PAGE = 1_000;

/** Visibility lags by milliseconds, on Elasticsearch by a second or so. */
const VISIBILITY_TIMEOUT_MS = 3_000;
const VISIBLE_CHECK_MS = 50;
/** Each check reads the memo of every queue. */
const VISIBLE_CHECK_PER_QUEUE_MS = 1;

export function deadLettersRouter(context: ApiContext): Router {
  const router = Router();

  router.get('/dead-letters', requireScope('read'), async (request, response) => {
    const { cursor, limit, ...filter } = parseRequest(deadLetterQuerySchema, request.query);
    response.json(await findDeadLetters(context, callerOf(request), filter, { cursor, limit }));
  });

  router.get('/dead-letters/summary', requireScope('read'), async (request, response) => {
    const filter = parseRequest(deadLetterSummaryQuerySchema, request.query);
    const { tenant } = callerOf(request);
    response.json(await summariseDeadLetters(context, { ...filter, tenant }));
  });

  const body = jsonBody(DECISION_LIMIT_BYTES);
  router.post(
    '/dead-letters/retry',
    requireScope('decide'),
    body,
    decideByFilter(context, 'retry'),
  );
  router.post(
    '/dead-letters/discard',
    requireScope('decide'),
    body,
    decideByFilter(context, 'discard'),
  );

  router.get('/dead-letters/decisions/:id', requireScope('read'), async (request, response) => {
    response.json(await readDecision(context, callerOf(request), request.params.id));
  });

  return router;
}

/** How far a decision by filter is. Throws a Problem where the caller knows none with this id. */
export async function readDecision(
  { readClient }: Pick<ApiContext, 'readClient'>,
  { tenant }: Asker,
  given: string,
): Promise<z.input<typeof bulkDecisionProgressSchema>> {
  const id = idInTenant(tenant, given);
  const parts = (await followDecision(readClient, id, sizeOf(id))).filter(
    ({ filter }) => tenant === undefined || filter.tenant === tenant,
  );
  const [first] = parts;
  if (!first) {
    throw new Problem(
      'not_found',
      `No decision "${ownForm(tenant, id)}" is known: it was never made, or newer decisions have replaced it in the record.`,
    );
  }
  return progressOf(ownForm(tenant, id), first, parts);
}

/** Reads on while a page of Temporal's has no match, so that only the last page can be empty. */
export async function findDeadLetters(
  { configuration, readClient }: ApiContext,
  asker: Asker,
  filter: DeadLetterFilter,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<MessagePage> {
  const { tenant } = asker;
  let page: MessagePage = { messages: [], cursor };
  do {
    const from = page.cursor;
    page = await searchDeadLetters(readClient, { ...filter, tenant }, { limit, cursor: from });
  } while (page.messages.length === 0 && page.cursor !== undefined);
  return allNamed(page, configuration, asker);
}

/** How many dead letters match, by destination and reason. It reads all of them. */
export async function summariseDeadLetters(
  { configuration, readClient }: Pick<ApiContext, 'configuration' | 'readClient'>,
  filter: TenantFilter<DeadLetterFilter>,
): Promise<DeadLetterSummary & { names?: DestinationNames }> {
  const tally = new DeadLetterTally(filter);
  let cursor: string | undefined;
  do {
    const from = cursor;
    const page = await searchDeadLetters(readClient, filter, { limit: LARGEST_PAGE, cursor: from });
    for (const message of page.messages) tally.add(message);
    cursor = page.cursor;
  } while (cursor !== undefined);
  const summary = tally.summary();
  const destinations = summary.destinations.map(({ destination }) => destination);
  const names = namesAmong(destinations, configuration.names);
  return { ...summary, ...(names && { names }) };
}

/** Asks the dead-letter queue of each matching destination to retry or discard its dead letters. */
function decideByFilter(context: ApiContext, action: BulkDecision['action']): RequestHandler {
  return async (request, response) => {
    const caller = callerOf(request);
    const { tenant } = caller;
    const {
      filter: asked,
      by: claimed,
      reason,
      dryRun,
      ...given
    } = parseRequest(bulkDecisionBodySchema, request.body ?? {});
    if (dryRun) {
      const found = await summariseDeadLetters(context, { ...asked, tenant });
      response.json({ action, dryRun, ...found });
      return;
    }
    const by = decidedBy(caller, claimed);
    if (by === undefined || reason === undefined) throw missingFields({ by, reason });
    const order = { action, filter: asked, by, reason, id: given.id };
    const { found, id, pending } = await decideOnAllMatching(context, caller, order);
    const answer: z.input<typeof bulkDecisionSchema> = {
      id,
      action,
      dryRun,
      pending,
      ...found,
      links: { self: basePathOf(response) + decisionPath(id) },
    };
    response.status(202).location(answer.links.self).json(answer);
  };
}

/**
 * Decides on all dead letters that match. Throws a Problem where none does, or the caller may not.
 *
 * @param order.by who decides, as history has it
 * @param order.id of an earlier decision that goes on
 * @returns the id as the caller knows it, and the number of queues that have not accepted the decision yet
 */
export async function decideOnAllMatching(
  context: ApiContext,
  caller: Caller,
  order: {
    action: BulkDecision['action'];
    filter: DeadLetterFilter;
    by: string;
    reason: string;
    id?: string | undefined;
  },
): Promise<{
  id: string;
  pending: number;
  found: DeadLetterSummary & { names?: DestinationNames };
}> {
  const { tenant } = caller;
  const { action, by, reason } = order;
  const filter = { ...order.filter, tenant };
  const found = await summariseDeadLetters(context, filter);
  if (found.deadLetters === 0) {
    throw new Problem('no_dead_letters', 'No dead letter matches the filter: nothing was decided.');
  }
  const destinations = found.destinations.map(({ destination }) => destination);
  assertMayDecideOnAll(caller, destinations);
  const known = order.id ?? decisionId(randomUUID(), destinations.length);
  // Of two tenants, equal ids are two decisions.
  const id = idInTenant(tenant, known);
  const pending = await decideForAll(context, action, destinations, {
    ...{ id, by, reason },
    filter: {
      ...(filter.reason && { reason: filter.reason }),
      ...(filter.at !== undefined && { at: filter.at }),
      ...(tenant !== undefined && { tenant }),
    },
  });
  context.metrics.decisions.inc({ action, scope: 'filter' });
  context.log.info({ id, action, ...filter, deadLetters: found.deadLetters }, 'Decision taken');
  audit(context.log, {
    ...{ action, caller, by, outcome: 'accepted' },
    ...{ decision: id, destinations },
  });
  await waitUntilVisible(context, id, destinations.length - pending);
  return { id: ownForm(tenant, id), pending, found };
}

/** The request is answered after this time; what isn't decided by then is decided afterwards. */
const ANSWER_AFTER_MS = 10_000;
/** A decision that isn't everywhere by then is sent again by whoever made it, with its id. */
export const GIVE_UP_AFTER_MS = 15 * 60_000;

/**
 * Sends a decision to the queues of its destinations, for a while after the answer too. Throws if no queue accepts it.
 *
 * @returns the number of queues that have not accepted it yet
 */
async function decideForAll(
  { decisionClient, log, stopping }: ApiContext,
  action: BulkDecision['action'],
  destinations: readonly Destination[],
  order: BulkRequest & { id: string },
): Promise<number> {
  const giveUp = new AbortController();
  const forget = onceAborted([stopping], () => giveUp.abort());
  const timer = setTimeout(() => giveUp.abort(), GIVE_UP_AFTER_MS);
  const spread = decideEverywhere(
    destinations,
    (destination) => decideAll(decisionClient, destination, action, order),
    { isFinal: isRefused, giveUp: giveUp.signal },
  );
  const ended = spread.done.then(() => {
    clearTimeout(timer);
    forget();
    const pending = destinations.length - spread.accepted();
    const line = { id: order.id, action, pending, err: spread.failure() };
    if (pending > 0) log.error(line, 'A decision did not reach all of its destinations');
  });
  const late = () => new Error('not decided everywhere yet');
  await withinTime(ended, ANSWER_AFTER_MS, { late, signals: [stopping] }).catch(() => undefined);
  const pending = destinations.length - spread.accepted();
  if (pending === destinations.length) {
    giveUp.abort();
    throw notAccepted(spread.failure(), order.id);
  }
  return pending;
}

function missingFields(given: Record<'by' | 'reason', string | undefined>): Problem {
  const hints = { by: 'name who decides', reason: 'give the reason; it is kept with each message' };
  const fields = (['by', 'reason'] as const).filter((field) => given[field] === undefined);
  return invalidRequest(fields.map((field) => ({ field, detail: hints[field] })));
}

/** The queue finds the request invalid. Any other failure of an update is one of the moment: the queue continues as new. */
function isRefused(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'invalid_request'
  );
}

/** The error to throw where no queue has accepted a decision. */
function notAccepted(failure: unknown, id: string): unknown {
  if (failure !== undefined && !(failure instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) {
    return failure;
  }
  return new Problem(
    'no_worker',
    `No worker accepted the decision in time. Start a worker, then send the request again, with the id "${id}". What was decided already is not done twice.`,
    { cause: failure, retryAfterSeconds: 5 },
  );
}

/** Waits until visibility has it, so that the link in the answer works at once. If it lags for longer or can’t be read, the request succeeds anyway: the decision stands. */
async function waitUntilVisible(
  { decisionClient, log }: ApiContext,
  id: string,
  destinations: number,
): Promise<void> {
  const deadline = Date.now() + VISIBILITY_TIMEOUT_MS;
  try {
    while (Date.now() < deadline) {
      const parts = await visibleDecision(decisionClient, id);
      if (parts.length >= destinations) return;
      await sleep(VISIBLE_CHECK_MS + destinations * VISIBLE_CHECK_PER_QUEUE_MS);
    }
  } catch (error) {
    log.warn({ id, err: error }, 'A decision that was accepted can’t be followed');
  }
}

/** @param id as the caller knows it */
function progressOf(
  id: string,
  { action, by, reason, requestedAt, filter }: DestinationDecision,
  parts: DestinationDecision[],
): z.input<typeof bulkDecisionProgressSchema> {
  const pending = Math.max(0, sizeOf(id) - parts.length);
  return {
    id,
    action,
    ...deciderOf(by),
    reason,
    requestedAt,
    filter: { reason: filter.reason },
    done: pending === 0 && parts.every(({ finishedAt }) => finishedAt !== undefined),
    pending,
    decided: parts.reduce((total, { decided }) => total + decided, 0),
    destinations: parts.map(({ destination, decided, finishedAt }) => ({
      destination,
      decided,
      finishedAt,
    })),
  };
}
