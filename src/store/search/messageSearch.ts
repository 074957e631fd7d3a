import type { Client } from '@temporalio/client';
import type { MessageStatus } from '../../domain/delivery.js';
import { freeTextClause, matchesFreeText } from './freeText.js';
import { memoOf, summarise, type MessageExecution } from '../messageExecution.js';
import { openTitle } from '../sealedMessages.js';
import { vaultOf } from '../../temporal/erasure/vaultOf.js';
import { noticeKey } from '../../contract/names.js';
import { fromCursor, toCursor } from './cursor.js';
import { hasFailedFor, perhapsFailedFor } from './failureReason.js';
import { filledPage, type Part } from './filledPage.js';
import { endAt, listNewestFirst } from './newestFirst.js';
import { oneOf, quote, tenantClause } from './visibilityText.js';
import { isVisibleTo } from '../../domain/tenant.js';
import { conversationValue, searchableText, soughtDestination } from '../searchValues.js';
import {
  conversationsWith,
  isReferenceAlone,
  relatedConversations,
  type RelatedConversations,
} from './relatedConversations.js';
import { decodedExecution } from './decodedExecution.js';
import type { MessageSummary } from '../../domain/messageState.js';

export interface MessageFilter {
  /** Only this tenant's. */
  tenant?: string | undefined;
  source?: string | undefined;
  reference?: string | undefined;
  traceId?: string | undefined;
  /** The key of a conversation. */
  conversation?: string | undefined;
  destination?: string | undefined;
  status?: MessageStatus | undefined;
  /** True: not ended, also where deliveries of it are parked. */
  isOpen?: boolean | undefined;
  /** Why a message needs a decision, or has expired. A search finds each of several reasons; a query alone, and so a count, one of them. */
  reason?: string | undefined;
  /** ISO 8601: accepted at or after. */
  since?: string | undefined;
  /** ISO 8601: accepted before. */
  until?: string | undefined;
  /** ISO 8601: due (accepted, or its `deliverAt`) before. */
  dueBefore?: string | undefined;
  /** ISO 8601: open, and due (its `deliverAt`, or the time that it was rescheduled to) after. */
  dueAfter?: string | undefined;
  /** Without sendproof's own notices. */
  withoutNotices?: boolean | undefined;
  /** Words that a person knows it by, as `PagerDuty 55`. */
  q?: string | undefined;
}

/** Who searches has to say whether it is for a tenant. */
export type TenantFilter<Filter> = Filter & { tenant: string | undefined };

export interface MessagePage {
  messages: MessageSummary[];
  /** Where the next page begins; undefined after the last one. */
  cursor: string | undefined;
}

/** Which part of a list is read. */
export interface PageRequest {
  /** How many messages at most. */
  limit: number;
  /** The `cursor` of the page before; without it, the list is read from its beginning. */
  cursor?: string | undefined;
  /** The `cursor` of the last page that is wanted; without it, all are. */
  until?: string | undefined;
}

/**
 * Messages from Temporal's visibility, the newest first. Visibility lags behind by some milliseconds. A page may have fewer
 * than `limit` messages, and only the last one has none, except by a reason: there, a page may have none because thousands of
 * dead letters before the next one have others. Those of a conversation are found by the reference of any of them.
 */
export async function searchMessages(
  client: Client,
  filter: TenantFilter<MessageFilter>,
  page: PageRequest,
): Promise<MessagePage> {
  const alone = isReferenceAlone(filter) && page.cursor === undefined;
  const first = alone
    ? pageOf(await readPart(client, { ...filter, related: [] }, page))
    : undefined;
  // All messages with the reference are known then, with their conversations. Mostly there are none.
  const known = first?.cursor === undefined ? first : undefined;
  const related = known
    ? conversationsWith(filter, known.messages)
    : await relatedConversations(client, filter);
  // Without a conversation, to look for it would have the same result.
  const isSame = related.length === 0 && (known !== undefined || (first?.messages.length ?? 0) > 0);
  if (first && isSame) return first;
  const sought = { ...filter, related };
  if (filter.reason !== undefined) {
    const read = (limit: number, cursor: string | undefined) =>
      readPart(client, sought, { ...page, limit, cursor });
    const { cursor, items } = await filledPage(read, page);
    return { messages: items, cursor };
  }
  let found = await readPart(client, sought, page);
  while (found.found.length === 0 && found.cursor !== undefined) {
    found = await readPart(client, sought, { ...page, cursor: found.cursor });
  }
  return pageOf(found);
}

function pageOf({ cursor, found }: Part<MessageSummary>): MessagePage {
  return { messages: found.map(({ item }) => item), cursor };
}

/** The messages among the next `limit` workflows that Temporal finds. */
async function readPart(
  client: Client,
  filter: MessageFilter & RelatedConversations,
  page: PageRequest,
): Promise<Part<MessageSummary>> {
  const [after, until] = [page.cursor, page.until].map((cursor) =>
    cursor === undefined ? undefined : fromCursor(cursor),
  );
  const { reason, ...others } = filter;
  const query = visibilityQuery(others);
  const { executions, end } = await listNewestFirst(
    client,
    reason === undefined ? query : `${query} AND ${perhapsFailedFor(reason)}`,
    { limit: page.limit, after, until, areOpen: findsOpenOnly(filter) },
  );
  const found = await Promise.all(
    executions.map(async (raw) => {
      const execution = await decodedExecution(client, raw);
      const { schedule, title } = memoOf(execution);
      const summary = summarise(execution);
      if (!isDue(schedule?.deliverAt, filter)) return [];
      if (reason !== undefined && !hasFailedFor(reason, execution, summary)) return [];
      const message: MessageSummary = {
        ...summary,
        ...(title !== undefined && { title: await readTitle(client, execution.workflowId, title) }),
        ...dueLater(execution, schedule?.deliverAt),
      };
      if (!matches(message, filter)) return [];
      return [{ item: message, cursor: toCursor(endAt(raw)) }];
    }),
  );
  return { found: found.flat(), cursor: end && toCursor(end) };
}

/** Of a message that waits for its time. */
function dueLater(
  { closeTime, executionTime, startTime }: MessageExecution,
  rescheduledTo: string | null | undefined,
): { dueAt?: string } {
  if (closeTime !== undefined || rescheduledTo === null) return {};
  const dueAt = rescheduledTo ?? (executionTime ?? startTime).toISOString();
  return Date.parse(dueAt) > Date.now() ? { dueAt: new Date(dueAt).toISOString() } : {};
}

/** Undefined where the content that it is sealed with is gone, or this process can't open it. */
async function readTitle(client: Client, id: string, title: string): Promise<string | undefined> {
  return await openTitle(() => vaultOf(client), id, title).catch(() => undefined);
}

/** Temporal knows only the time at which a message was first due. That of one that was rescheduled and has begun may be later. */
export function isDue(
  rescheduledTo: string | null | undefined,
  { dueBefore }: MessageFilter,
): boolean {
  return !(dueBefore !== undefined && Date.parse(rescheduledTo ?? '') >= Date.parse(dueBefore));
}

/** Temporal finds some more: values that look alike, or have the same short name. */
function matches(message: MessageSummary, filter: MessageFilter & RelatedConversations): boolean {
  const { conversation, destination, q, reference, related, source, tenant } = filter;
  const isRelated = related.includes(message.conversation?.key ?? '');
  return (
    // SQLite compares the beginning of an id without regard to capital letters.
    isVisibleTo(tenant, message.deduplicationKey) &&
    (source === undefined || message.source === source) &&
    (reference === undefined || message.reference === reference || isRelated) &&
    (conversation === undefined || message.conversation?.key === conversation) &&
    (destination === undefined || message.destinations.includes(destination)) &&
    (q === undefined || matchesFreeText(q, message, tenant) || isRelated)
  );
}

const RUNNING = 'ExecutionStatus = "Running"';

/** Also where one of several deliveries has been given up or has expired, and others go on. */
const UNDER_WAY = `${RUNNING} AND (DeliveryStatus IS NULL OR DeliveryStatus != "DeadLettered")`;

/** The statuses that Temporal's own execution status doesn't tell are in the search attribute `DeliveryStatus`. */
const STATUS_CLAUSES: Record<MessageStatus, string> = {
  accepted: UNDER_WAY,
  delivering: UNDER_WAY,
  confirmed:
    'ExecutionStatus = "Completed" AND (DeliveryStatus IS NULL OR DeliveryStatus NOT IN ("Muted", "Grouped", "Superseded"))',
  dead_lettered: `${RUNNING} AND DeliveryStatus = "DeadLettered"`,
  discarded: 'ExecutionStatus = "Failed" AND DeliveryStatus = "Discarded"',
  expired: 'ExecutionStatus = "Failed" AND DeliveryStatus = "Expired"',
  superseded: 'ExecutionStatus = "Completed" AND DeliveryStatus = "Superseded"',
  cancelled: 'ExecutionStatus IN ("Canceled", "Terminated")',
  muted: 'ExecutionStatus = "Completed" AND DeliveryStatus = "Muted"',
  grouped: 'ExecutionStatus = "Completed" AND DeliveryStatus = "Grouped"',
};

/** Messages with any of these statuses, as a part of a query. */
export function anyStatusClause(statuses: readonly MessageStatus[]): string {
  return `(${statuses.map((status) => `(${STATUS_CLAUSES[status]})`).join(' OR ')})`;
}

function findsOpenOnly({ dueAfter, isOpen, status }: MessageFilter): boolean {
  return (
    isOpen === true ||
    dueAfter !== undefined ||
    (status !== undefined && STATUS_CLAUSES[status].startsWith(RUNNING))
  );
}

/** A rescheduled message that waits is due at another time than Temporal knows. */
const NOT_RESCHEDULED = '(DeliveryStatus IS NULL OR DeliveryStatus != "Scheduled")';

/** The query for Temporal's visibility, as `temporal workflow list --query` takes it. */
export function visibilityQuery(filter: MessageFilter & Partial<RelatedConversations>): string {
  const orRelated = (clause: string): string => {
    const { related = [] } = filter;
    if (related.length === 0) return clause;
    return `(${clause} OR ${oneOf('Conversation', related.map(conversationValue))})`;
  };
  const clauses = ['WorkflowType = "deliverMessage"'];
  if (filter.tenant !== undefined) clauses.push(tenantClause(filter.tenant));
  if (filter.status) clauses.push(STATUS_CLAUSES[filter.status]);
  if (filter.isOpen) clauses.push(RUNNING);
  if (filter.source) clauses.push(`Source = ${quote(searchableText(filter.source))}`);
  if (filter.reference) {
    const value = quote(searchableText(filter.reference));
    clauses.push(orRelated(`SourceReference = ${value}`));
  }
  if (filter.traceId) clauses.push(`TraceId = ${quote(searchableText(filter.traceId))}`);
  if (filter.conversation) {
    clauses.push(`Conversation = ${quote(conversationValue(filter.conversation))}`);
  }
  if (filter.destination) clauses.push(oneOf('Destination', soughtDestination(filter.destination)));
  if (filter.reason) clauses.push(`FailureReason = ${quote(filter.reason)}`);
  if (filter.since) clauses.push(`StartTime >= ${quote(filter.since)}`);
  if (filter.until) clauses.push(`StartTime < ${quote(filter.until)}`);
  if (filter.dueBefore) clauses.push(`ExecutionTime < ${quote(filter.dueBefore)}`, NOT_RESCHEDULED);
  if (filter.dueAfter) {
    const isLater = `ExecutionTime > ${quote(filter.dueAfter)} OR DeliveryStatus = "Scheduled"`;
    clauses.push(RUNNING, `(${isLater})`);
  }
  if (filter.withoutNotices) clauses.push(`NOT WorkflowId STARTS_WITH ${quote(noticeKey(''))}`);
  if (filter.q) clauses.push(orRelated(freeTextClause(filter.q, filter.tenant)));
  return clauses.join(' AND ');
}
