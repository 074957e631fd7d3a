/** Decisions that people make on the pages: on one message, on several, and on all that match. */
import type { RequestHandler } from 'express';
import pLimit from 'p-limit';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { messagePagePath } from '../../domain/messagePage.js';
import { hasSettled } from '../../domain/messageState.js';
import type { ApiContext } from '../apiContext.js';
import { callerOf, type Caller } from '../caller.js';
import {
  decideOnAllMatching,
  GIVE_UP_AFTER_MS,
  readDecision,
  summariseDeadLetters,
} from '../deadLetters.js';
import { inPersonsName } from '../decider.js';
import { cancelMessage, decideOnDeadLetters } from '../decisions.js';
import { findMessage } from '../findMessage.js';
import { decidedBy } from '../permissions.js';
import { invalidRequest, parseRequest, Problem } from '../problem.js';
import { reschedule } from '../rescheduling.js';
import {
  bulkDecisionBodySchema,
  cancelQuerySchema,
  discardBodySchema,
  rescheduleBodySchema,
  retryBodySchema,
} from '../schema/requests.js';
import { assertNamed, rememberName } from './decidersName.js';
import {
  ConfirmDecisionPage,
  DecidedPage,
  DecisionProgressPage,
  type AskedDecision,
  type DecidedMessage,
} from './decisionPages.js';
import { filledIn } from './formFields.js';
import { CHOSEN } from './listPages.js';
import { withDestination } from './listRoutes.js';
import { goTo, isSignedIn, show } from './show.js';

/** Long enough for an attempt that the platform answers at once, so that the page shows its result. */
const RESULT_WITHIN_MS = 2_000;
const RESULT_CHECK_MS = 100;

/** Decisions of one request that are under way at once: other people decide meanwhile. */
const AT_ONCE = 5;

export function decideOnMessage(
  context: ApiContext,
  action: 'retry' | 'discard',
): RequestHandler<{ key: string }> {
  const schema = action === 'retry' ? retryBodySchema : discardBodySchema;
  return async (request, response) => {
    const caller = callerOf(request);
    const decision = parseRequest(schema, inPersonsName(request, filledIn(request.body)));
    assertNamed(caller, decision.by);
    const { key } = request.params;
    const { deduplicationKey } = await decideOnDeadLetters(context, caller, key, {
      action,
      ...decision,
    });
    rememberName(request, response, decision.by);
    await resultOf(context, caller, key);
    goTo(response, messagePagePath(deduplicationKey));
  };
}

export function cancelOnPage(context: ApiContext): RequestHandler<{ key: string }> {
  return async (request, response) => {
    const caller = callerOf(request);
    const asked = parseRequest(cancelQuerySchema, inPersonsName(request, filledIn(request.body)));
    assertNamed(caller, asked.by);
    const { key } = request.params;
    const { deduplicationKey } = await cancelMessage(context, caller, key, asked);
    rememberName(request, response, asked.by);
    await resultOf(context, caller, key);
    goTo(response, messagePagePath(deduplicationKey));
  };
}

/** The times of the form are in UTC, and to the minute. */
const rescheduleFormSchema = z.object({
  when: z.enum(['now', 'at']),
  at: z
    .string()
    .regex(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/,
      'must be a date and a time, as 2026-11-23T12:00',
    )
    .optional(),
  by: z.string().optional(),
  reason: z.string().optional(),
});

export function rescheduleOnPage(context: ApiContext): RequestHandler<{ key: string }> {
  return async (request, response) => {
    const caller = callerOf(request);
    const form = inPersonsName(request, filledIn(request.body));
    const { at, by, reason, when } = parseRequest(rescheduleFormSchema, form);
    assertNamed(caller, by);
    if (when === 'at' && at === undefined) {
      throw invalidRequest([{ field: 'at', detail: 'enter the new date and time' }]);
    }
    const given = parseRequest(rescheduleBodySchema, {
      deliverAt: when === 'now' || at === undefined ? null : `${at}Z`,
      ...(by !== undefined && { by }),
      ...(reason !== undefined && { reason }),
    });
    const { key } = request.params;
    await reschedule(context, caller, key, given);
    rememberName(request, response, by);
    if (when === 'now') await resultOf(context, caller, key);
    goTo(response, messagePagePath(key));
  };
}

const DECISIONS = ['retry-chosen', 'discard-chosen', 'retry-all', 'discard-all'] as const;

const decisionFormSchema = z.object({
  decision: z.enum(DECISIONS),
  confirmed: z.literal('yes').optional(),
  by: z.string().optional(),
  reason: z.string().optional(),
});

/** First the question, with the count; and what is confirmed is decided. */
export function decideOnSeveral(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const caller = callerOf(request);
    const fields = filledIn(request.body);
    const form = parseRequest(decisionFormSchema, inPersonsName(request, fields));
    const asked = askedDecision(form.decision, fields);
    const signedIn = isSignedIn(request);
    if (form.confirmed === undefined) {
      const matching =
        asked.chosen === undefined
          ? await summariseDeadLetters(context, {
              ...filterOf(context, caller, asked),
              tenant: caller.tenant,
            })
          : undefined;
      if (matching?.deadLetters === 0) {
        throw new Problem('no_dead_letters', 'No dead letter matches the filter.');
      }
      const { decision } = form;
      show(response, <ConfirmDecisionPage {...{ asked, decision, matching, signedIn }} />);
      return;
    }
    assertNamed(caller, form.by);
    rememberName(request, response, form.by);
    const { action, chosen } = asked;
    if (chosen === undefined) {
      const { found, id } = await decideOnAll(context, caller, asked, form);
      goTo(response, `${decisionPagePath(id)}?of=${found.deadLetters}`);
      return;
    }
    const decided = await decideOnChosen(context, caller, { action, chosen, ...form });
    show(response, <DecidedPage {...{ action, decided, signedIn }} />);
  };
}

export function showDecision(context: ApiContext): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const progress = await readDecision(context, callerOf(request), request.params.id);
    const { of: given } = filledIn(request.query);
    const total = given !== undefined && /^[1-9]\d{0,8}$/.test(given) ? Number(given) : undefined;
    show(
      response,
      <DecisionProgressPage
        {...{ progress, total }}
        isGivenUp={Date.now() - Date.parse(progress.requestedAt) > GIVE_UP_AFTER_MS}
        names={context.configuration.names}
        signedIn={isSignedIn(request)}
      />,
    );
  };
}

function decisionPagePath(id: string): string {
  return `/decisions/${encodeURIComponent(id)}`;
}

function askedDecision(
  decision: (typeof DECISIONS)[number],
  fields: Record<string, string>,
): AskedDecision {
  const action = decision.startsWith('retry') ? 'retry' : 'discard';
  const filter = { destination: fields['filter-destination'], reason: fields['filter-reason'] };
  if (decision.endsWith('-all')) return { action, chosen: undefined, filter };
  const chosen = Object.entries(fields).flatMap(([name, key]) =>
    name.startsWith(CHOSEN) ? [key] : [],
  );
  if (chosen.length === 0) {
    throw invalidRequest([{ field: 'message', detail: 'choose at least one message in the list' }]);
  }
  return { action, chosen, filter: {} };
}

function filterOf(context: ApiContext, caller: Caller, { filter }: AskedDecision) {
  const given = withDestination(context, caller, withoutUndefined(filter));
  return parseRequest(bulkDecisionBodySchema.shape.filter, given);
}

async function decideOnAll(
  context: ApiContext,
  caller: Caller,
  asked: AskedDecision,
  form: { by?: string | undefined; reason?: string | undefined },
) {
  const { by: claimed, reason } = parseRequest(discardBodySchema.pick({ by: true, reason: true }), {
    // A named key decides in its own name.
    by: form.by ?? caller.name,
    reason: form.reason,
  });
  const by = decidedBy(caller, claimed) ?? claimed;
  return await decideOnAllMatching(context, caller, {
    ...{ action: asked.action, by, reason },
    filter: filterOf(context, caller, asked),
  });
}

/** One refusal doesn’t keep the others from being decided. */
async function decideOnChosen(
  context: ApiContext,
  caller: Caller,
  order: {
    action: 'retry' | 'discard';
    chosen: readonly string[];
    by?: string | undefined;
    reason?: string | undefined;
  },
): Promise<DecidedMessage[]> {
  const { action } = order;
  const { by, reason } = parseRequest(
    action === 'retry' ? retryBodySchema : discardBodySchema.partial({ by: true }),
    withoutUndefined({ by: order.by, reason: order.reason }),
  );
  const limit = pLimit(AT_ONCE);
  const refusals = await Promise.all(
    order.chosen.map((key) =>
      limit(async () => await refusalOf(context, caller, key, { action, by, reason })),
    ),
  );
  // One wait for all: an account may take its time.
  const until = performance.now() + RESULT_WITHIN_MS;
  return await Promise.all(
    order.chosen.map((key, index) =>
      limit(async (): Promise<DecidedMessage> => {
        const refused = refusals[index];
        const isDecided = refused === undefined;
        return {
          ...{ key, refused },
          status: isDecided ? await resultOf(context, caller, key, until) : undefined,
        };
      }),
    ),
  );
}

/** Decides on one message, and returns why that was refused. What isn’t the caller’s fault is thrown. */
async function refusalOf(
  context: ApiContext,
  caller: Caller,
  key: string,
  decision: Parameters<typeof decideOnDeadLetters>[3],
): Promise<string | undefined> {
  try {
    await decideOnDeadLetters(context, caller, key, decision);
    return undefined;
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500) throw error;
    return error.message;
  }
}

/** The status once the decision has had its effect, or after a while the one that it has then; undefined where it can’t be read. */
async function resultOf(
  context: ApiContext,
  caller: Caller,
  key: string,
  until = performance.now() + RESULT_WITHIN_MS,
) {
  try {
    for (;;) {
      const { state } = await findMessage(context.decisionClient, caller, key);
      if (hasSettled(state) || performance.now() >= until) return state.status;
      await delay(RESULT_CHECK_MS);
    }
  } catch (error) {
    // The decision stands.
    context.log.warn({ err: error }, 'A message can’t be read after the decision on it');
    return undefined;
  }
}

function withoutUndefined(fields: Record<string, string | undefined>): Record<string, string> {
  const given = Object.entries(fields).filter(
    (field): field is [string, string] => field[1] !== undefined,
  );
  return Object.fromEntries(given);
}
