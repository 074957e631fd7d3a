/** Dead letters in Temporal's visibility: the whole list, answered while no worker runs. */
import type { Client } from '@temporalio/client';
import type { FailureReason } from '../../domain/delivery.js';
import {
  searchMessages,
  type MessagePage,
  type PageRequest,
  type TenantFilter,
} from './messageSearch.js';
import type { Destination } from '../../domain/destination.js';
import type { MessageSummary } from '../../domain/messageState.js';
import type { DeadLetterMemo } from '../../domain/deadLetter.js';

/** Which dead letters are meant: of any destination and for any reason, where it doesn't say. */
export interface DeadLetterFilter {
  destination?: string | undefined;
  reason?: FailureReason | undefined;
  /** ISO 8601: parked at this time or before; at any time, where it doesn't say. */
  at?: string | undefined;
}

/** What of a message is meant by the filter. */
export function matchingDeadLetters(
  { deadLetters }: Pick<MessageSummary, 'deadLetters'>,
  { at, destination, reason }: DeadLetterFilter,
): DeadLetterMemo[] {
  const parkedBy = at === undefined ? Infinity : Date.parse(at);
  return deadLetters.filter(
    (deadLetter) =>
      (destination === undefined || deadLetter.destination === destination) &&
      (reason === undefined || deadLetter.reason === reason) &&
      // What has no time that can be read is meant by a filter without one.
      !(Date.parse(deadLetter.at) > parkedBy),
  );
}

/**
 * A page of messages with such a dead letter, the newest first; one with fewer than `limit`, or none, need not be the last.
 * A message with several dead letters has one `FailureReason`, and destinations that are well: what each waits for is read
 * from its memo.
 */
export async function searchDeadLetters(
  client: Client,
  filter: TenantFilter<DeadLetterFilter>,
  page: PageRequest,
): Promise<MessagePage> {
  const { destination, tenant } = filter;
  const criteria = { status: 'dead_lettered' as const, destination, tenant };
  const { messages, cursor } = await searchMessages(client, criteria, page);
  return {
    messages: messages.filter((message) => matchingDeadLetters(message, filter).length > 0),
    cursor,
  };
}

/** How many there are. */
interface DeadLetterCount {
  count: number;
  /** ISO 8601: since when the one waits that waits longest. */
  oldest: string;
  /** ISO 8601. */
  newest: string;
}

export interface DeadLetterSummary {
  /** A message to several destinations may have several. */
  deadLetters: number;
  messages: number;
  /** The one with the most first, as are its reasons. */
  destinations: (DeadLetterCount & {
    destination: Destination;
    reasons: (DeadLetterCount & { reason: FailureReason })[];
  })[];
}

/** Adds up the messages that `searchDeadLetters` lists. */
export class DeadLetterTally {
  readonly #filter: DeadLetterFilter;
  readonly #counts = new Map<Destination, Map<FailureReason, DeadLetterCount>>();
  #messages = 0;

  constructor(filter: DeadLetterFilter) {
    this.#filter = filter;
  }

  add(message: MessageSummary): void {
    this.#messages += 1;
    for (const { destination, reason, at } of matchingDeadLetters(message, this.#filter)) {
      const reasons = this.#counts.get(destination) ?? new Map<FailureReason, DeadLetterCount>();
      this.#counts.set(destination, reasons);
      const one = { count: 1, oldest: at, newest: at };
      const before = reasons.get(reason);
      reasons.set(reason, before ? sum([before, one]) : one);
    }
  }

  summary(): DeadLetterSummary {
    const destinations = [...this.#counts].map(([destination, reasons]) => ({
      destination,
      ...sum([...reasons.values()]),
      reasons: [...reasons].map(([reason, count]) => ({ reason, ...count })).sort(byCount),
    }));
    return {
      deadLetters: destinations.reduce((total, { count }) => total + count, 0),
      messages: this.#messages,
      destinations: destinations.sort(byCount),
    };
  }
}

function sum(counts: DeadLetterCount[]): DeadLetterCount {
  return counts.reduce((one, other) => ({
    count: one.count + other.count,
    oldest: one.oldest < other.oldest ? one.oldest : other.oldest,
    newest: one.newest > other.newest ? one.newest : other.newest,
  }));
}

function byCount(one: DeadLetterCount, other: DeadLetterCount): number {
  return other.count - one.count;
}
