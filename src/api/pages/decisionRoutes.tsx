/** Decisions that people make on the pages: on one message, on several, and on all that match. */
import type { RequestHandler } from 'express';
import pLimit from 'p-limit';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { newestOf } from '../../domain/deadLetter.js';
import type { Destination } from '../../domain/destination.js';
import { messagePagePath } from '../../domain/messagePage.js';
import { hasSettled } from '../../domain/messageState.js';
import { matchingDeadLetters } from '../../store/search/deadLetterSearch.js';
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

/** More than a page of the list has. */
const CHOSEN_AT_MOST = 100;

/** First the question, with the count; and what is confirmed is decided, without what came after the count. */
export function decideOnSeveral(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const caller = callerOf(request);
    const fields = filledIn(request.body);
    const form = parseRequest(decisionFormSchema, inPersonsName(request, fields));
    const { action, chosen, ...given } = askedDecision(form.decision, fields);
    const filter = filterOf(context, caller, given);
    const signedIn = isSignedIn(request);
    if (form.confirmed === undefined) {
      const matching =
        chosen === undefined
          ? await summariseDeadLetters(context, { ...filter, tenant: caller.tenant })
          : undefined;
      if (matching?.deadLetters === 0) {
        throw new Problem('no_dead_letters', 'No dead letter matches the filter.');
      }
      const { decision } = form;
      // A tenant may have written the id of a destination whose name it must not learn.
      const names = caller.tenant === undefined ? context.configuration.names : {};
      const at = matching && newestOf(matching.destinations);
      const asked = { action, chosen, filter: { ...filter, at } };
      show(response, <ConfirmDecisionPage {...{ asked, decision, matching, names, signedIn }} />);
      return;
    }
    assertNamed(caller, form.by);
    if (chosen === undefined) {
      const { found, id } = await decideOnAll(context, caller, { action, filter, ...form });
      rememberName(request, response, form.by);
      goTo(response, `${decisionPagePath(id)}?of=${found.deadLetters}`);
      return;
    }
    const decided = await decideOnChosen(context, caller, { action, chosen, filter, ...form });
    rememberName(request, response, form.by);
    const isFiltered = filter.destination !== undefined || filter.reason !== undefined;
    show(response, <DecidedPage {...{ action, decided, isFiltered, signedIn }} />);
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
  const filter = {
    destination: fields['filter-destination'],
    reason: fields['filter-reason'],
    at: fields['filter-at'],
  };
  if (decision.endsWith('-all')) return { action, chosen: undefined, filter };
  const keys = Object.entries(fields).flatMap(([name, key]) =>
    name.startsWith(CHOSEN) ? [key] : [],
  );
  const chosen = [...new Set(keys)];
  if (chosen.length === 0) {
    throw invalidRequest([{ field: 'message', detail: 'choose at least one message in the list' }]);
  }
  if (chosen.length > CHOSEN_AT_MOST) {
    const detail = `choose at most ${CHOSEN_AT_MOST} messages, or decide on all that match a filter`;
    throw invalidRequest([{ field: 'message', detail }]);
  }
  return { action, chosen, filter };
}

type MeantFilter = z.output<typeof bulkDecisionBodySchema.shape.filter>;

function filterOf(
  context: ApiContext,
  caller: Caller,
  { filter }: Pick<AskedDecision, 'filter'>,
): MeantFilter {
  const given = withDestination(context, caller, withoutUndefined(filter));
  return parseRequest(bulkDecisionBodySchema.shape.filter, given);
}

async function decideOnAll(
  context: ApiContext,
  caller: Caller,
  order: {
    action: 'retry' | 'discard';
    filter: MeantFilter;
    by?: string | undefined;
    reason?: string | undefined;
  },
) {
  const { action, filter } = order;
  const { by: claimed, reason } = parseRequest(discardBodySchema.pick({ by: true, reason: true }), {
    // A named key decides in its own name.
    by: order.by ?? caller.name,
    reason: order.reason,
  });
  const by = decidedBy(caller, claimed) ?? claimed;
  return await decideOnAllMatching(context, caller, { action, by, filter, reason });
}

/** One refusal or failure doesn’t keep the others from being decided, nor hides their results. */
async function decideOnChosen(
  context: ApiContext,
  caller: Caller,
  order: {
    action: 'retry' | 'discard';
    chosen: readonly string[];
    filter: MeantFilter;
    by?: string | undefined;
    reason?: string | undefined;
  },
): Promise<DecidedMessage[]> {
  const { action, filter } = order;
  const { by, reason } = parseRequest(
    action === 'retry' ? retryBodySchema : discardBodySchema.partial({ by: true }),
    withoutUndefined({ by: order.by, reason: order.reason }),
  );
  const limit = pLimit(AT_ONCE);
  const outcomes = await Promise.all(
    order.chosen.map((key) =>
      limit(async () => await outcomeOf(context, caller, key, { action, by, filter, reason })),
    ),
  );
  // One wait for all: an account may take its time.
  const until = performance.now() + RESULT_WITHIN_MS;
  return await Promise.all(
    outcomes.map((outcome) =>
      limit(async (): Promise<DecidedMessage> => {
        const { isUnknown, key, refused } = outcome;
        const isDecided = refused === undefined && !isUnknown;
        return {
          ...outcome,
          status: isDecided ? await resultOf(context, caller, key, until) : undefined,
        };
      }),
    ),
  );
}

/** A decision on those dead letters of a chosen message that the list was filtered by. */
type ChosenDecision = Omit<Parameters<typeof decideOnDeadLetters>[3], 'destination'> & {
  filter: MeantFilter;
};

async function outcomeOf(
  context: ApiContext,
  caller: Caller,
  key: string,
  decision: ChosenDecision,
): Promise<Omit<DecidedMessage, 'status'>> {
  try {
    const refused = await decideOnMeant(context, caller, key, decision);
    return { key, refused, isUnknown: false };
  } catch (error) {
    context.log.warn({ err: error }, 'It is not known whether a message was decided on');
    return { key, refused: undefined, isUnknown: true };
  }
}

/** Decides on what is meant of one message, and returns why that was refused. What isn’t the caller’s fault is thrown. */
async function decideOnMeant(
  context: ApiContext,
  caller: Caller,
  key: string,
  { filter, ...decision }: ChosenDecision,
): Promise<string | undefined> {
  const decideAt = async (destination: Destination | undefined) =>
    await refusalOf(() =>
      decideOnDeadLetters(context, caller, key, {
        ...decision,
        ...(destination !== undefined && { destination }),
      }),
    );
  if (filter.reason === undefined) return await decideAt(filter.destination);
  let meant: Destination[] = [];
  const unread = await refusalOf(async () => {
    const { state } = await findMessage(context.decisionClient, caller, key);
    meant = matchingDeadLetters(state, filter).map(({ destination }) => destination);
  });
  if (unread !== undefined) return unread;
  if (meant.length === 0) return 'It has no dead letter that the filter matches any more.';
  const refusals: string[] = [];
  for (const destination of new Set(meant)) {
    const refused = await decideAt(destination);
    if (refused !== undefined) refusals.push(refused);
  }
  return refusals.length === 0 ? undefined : refusals.join(' ');
}

/** Why the API refuses an act; undefined where it was done. What isn’t the caller’s fault is thrown. */
async function refusalOf(act: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await act();
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
