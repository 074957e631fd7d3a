import type { Client } from '@temporalio/client';
import type { FailureReason } from '../../domain/delivery.js';
import {
  DeadLetterTally,
  searchDeadLetters,
  type DeadLetterSummary,
} from '../search/deadLetterSearch.js';

/** Two less than Temporal gives in an answer: the next one tells whether there are more, and the last one of the page before comes again. */
const PAGE = 998;
/** Each page is a call. Of more, the newest are told of. */
const MOST_PAGES = 6;

export interface OpenDeadLetters {
  summary: DeadLetterSummary;
  /** The reason with the most first. */
  reasons: { reason: FailureReason; count: number; oldest: string }[];
  /** ISO 8601: since when the oldest needs a decision; undefined where none does. */
  oldest: string | undefined;
  /** False: there are more than were read. */
  isComplete: boolean;
}

/** What needs a decision: one call for each 998 messages, up to six. */
export async function readOpenDeadLetters(
  client: Client,
  tenant: string | undefined,
): Promise<OpenDeadLetters> {
  const tally = new DeadLetterTally({});
  let cursor: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await searchDeadLetters(client, { tenant }, { limit: PAGE, cursor });
    for (const message of page.messages) tally.add(message);
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  const summary = tally.summary();
  return { summary, ...byReason(summary), isComplete: cursor === undefined };
}

function byReason({
  destinations,
}: DeadLetterSummary): Pick<OpenDeadLetters, 'reasons' | 'oldest'> {
  const reasons = new Map<FailureReason, OpenDeadLetters['reasons'][number]>();
  for (const each of destinations.flatMap((destination) => destination.reasons)) {
    const known = reasons.get(each.reason);
    reasons.set(each.reason, {
      reason: each.reason,
      count: each.count + (known?.count ?? 0),
      oldest: known && known.oldest < each.oldest ? known.oldest : each.oldest,
    });
  }
  const sorted = [...reasons.values()].sort((one, other) => other.count - one.count);
  const oldest = sorted.map((each) => each.oldest).sort()[0];
  return { reasons: sorted, oldest };
}
