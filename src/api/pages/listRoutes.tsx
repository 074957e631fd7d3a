/** `/messages` and `/dead-letters`: from the address of a list to the list. */
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { FAILURE_REASONS } from '../../domain/delivery.js';
import { own } from '../../lib/own.js';
import {
  searchMessages,
  visibilityQuery,
  type MessagePage,
} from '../../store/search/messageSearch.js';
import type { ApiContext } from '../apiContext.js';
import { callerOf, type Caller } from '../caller.js';
import { findDeadLetters } from '../deadLetters.js';
import { parseMessageId } from '../findMessage.js';
import { filterOfTab, TABS } from '../messageTabs.js';
import { readUnknownKey } from '../messages.js';
import { allNamed } from '../named.js';
import { parseRequest, Problem } from '../problem.js';
import { deadLetterQuerySchema, messageQuerySchema } from '../schema/requests.js';
import { sourcesFor } from '../sourceReading.js';
import { RANGES, type Choices, type ListFields, type Range } from './filters.js';
import { filledIn } from './formFields.js';
import { DeadLettersPage, SearchPage, type UnknownKey } from './listPages.js';
import { isSignedIn, show } from './show.js';

export const PAGE_SIZE = 50;

/** The fields take any text, so that nothing is out of reach which they don't offer. */
const MOST_CHOICES = 200;

const listSchema = messageQuerySchema.extend({
  tab: z.enum(TABS).default('all'),
  range: z.enum(Object.keys(RANGES) as [Range, ...Range[]]).optional(),
  reason: z.enum(FAILURE_REASONS).optional(),
});

export function showMessages(context: ApiContext): RequestHandler {
  const { overviews, readClient } = context;
  return async (request, response) => {
    const caller = callerOf(request);
    const { tenant } = caller;
    const fields = filledIn(request.query);
    const asked = parseRequest(listSchema, {
      limit: String(PAGE_SIZE),
      ...withDestination(context, caller, fields),
    });
    const { cursor, limit, range, tab, ...filter } = asked;
    const now = new Date();
    const criteria = { ...filter, ...sinceOf(range, now), ...filterOfTab(tab, now), tenant };
    const [counts, list] = await Promise.all([
      overviews.tabs(tenant),
      searchMessages(readClient, criteria, { cursor, limit }),
    ]);
    const found = exactFirst(allNamed(list, context.configuration, caller), filter.q);
    const isNothing = found.messages.length === 0 && found.cursor === undefined;
    const unknownKey = isNothing ? await explainKey(context, caller, filter.q) : undefined;
    const choices = choicesFor(context, caller, found);
    show(
      response,
      <SearchPage
        {...{ choices, counts, fields, found, now, tab, unknownKey }}
        signedIn={isSignedIn(request)}
      />,
    );
  };
}

export function showDeadLetters(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const caller = callerOf(request);
    const fields = filledIn(request.query);
    const { cursor, limit, ...filter } = parseRequest(deadLetterQuerySchema, {
      limit: String(PAGE_SIZE),
      ...withDestination(context, caller, fields),
    });
    const found = await findDeadLetters(context, caller, filter, { cursor, limit });
    show(
      response,
      <DeadLettersPage
        {...{ fields, found }}
        choices={choicesFor(context, caller, found)}
        now={new Date()}
        signedIn={isSignedIn(request)}
        webUiUrl={deadLettersInWebUi(context, caller)}
      />,
    );
  };
}

/** https://docs.temporal.io/web-ui: a list with a filter. Temporal’s own list has the messages of all tenants. */
function deadLettersInWebUi(
  { configuration: { temporalUiUrl }, readClient }: ApiContext,
  { tenant }: Caller,
): string | undefined {
  if (temporalUiUrl === undefined || tenant !== undefined) return undefined;
  const namespace = encodeURIComponent(readClient.workflow.options.namespace);
  const query = new URLSearchParams({ query: visibilityQuery({ status: 'dead_lettered' }) });
  return `${temporalUiUrl.replace(/\/$/, '')}/namespaces/${namespace}/workflows?${query.toString()}`;
}

/** People may write the name that they gave a destination. Of the names of others, a tenant learns nothing. */
export function withDestination(
  { configuration: { names } }: Pick<ApiContext, 'configuration'>,
  caller: Caller,
  fields: ListFields,
): ListFields {
  const { destination } = fields;
  if (destination === undefined) return fields;
  const known = Object.entries(names).find(
    ([each, name]) =>
      name.toLowerCase() === destination.trim().toLowerCase() &&
      (caller.tenant === undefined || mayKnow(caller, each)),
  );
  return known ? { ...fields, destination: known[0] } : fields;
}

function sinceOf(range: Range | undefined, now: Date): { since?: string } {
  return range === undefined
    ? {}
    : { since: new Date(now.getTime() - RANGES[range].ms).toISOString() };
}

/** The message whose key was written whole comes before those whose keys begin so. */
function exactFirst(page: MessagePage, q: string | undefined): MessagePage {
  const isExact = ({ deduplicationKey }: { deduplicationKey: string }) => deduplicationKey === q;
  const { messages } = page;
  return {
    ...page,
    messages: [...messages.filter(isExact), ...messages.filter((each) => !isExact(each))],
  };
}

/** What is known of a key that was searched for; undefined where no key can look like it. */
async function explainKey(
  context: ApiContext,
  caller: Caller,
  q: string | undefined,
): Promise<UnknownKey | undefined> {
  if (q === undefined) return undefined;
  try {
    return await readUnknownKey(context, parseMessageId(caller, q), caller);
  } catch (error) {
    if (error instanceof Problem && error.status === 400) return undefined;
    throw error;
  }
}

/** Whether the caller may know of a destination that none of its messages has. */
function mayKnow({ destinations, tenant }: Caller, destination: string): boolean {
  return destinations?.allows(destination) ?? tenant === undefined;
}

/**
 * What the caller may know of: what the page has, named destinations that it may send to, and its sources. Where there are too
 * many, the page's own come first.
 */
function choicesFor(context: ApiContext, caller: Caller, { messages }: MessagePage): Choices {
  const { configuration } = context;
  const named = Object.entries(configuration.names).filter(([each]) => mayKnow(caller, each));
  const listed = messages.flatMap(({ destinations, names }) =>
    destinations.map((each) => [each, (names && own(names, each)) ?? each] as const),
  );
  const sources = [
    ...messages.flatMap(({ source }) => source ?? []),
    ...sourcesFor(caller, context).map(({ name }) => name),
  ];
  return {
    destinations: [...new Map([...listed, ...named])]
      .slice(0, MOST_CHOICES)
      .sort(([, one], [, other]) => one.localeCompare(other)),
    sources: [...new Set(sources)].slice(0, MOST_CHOICES).sort(),
  };
}
