import { isNotice } from '../../contract/names.js';
import type {
  DeadLetterReference,
  DeadLetterCounts,
  DeadLetterOverview,
} from '../../contract/deadLetterQueue.js';
import { own } from '../../lib/own.js';

const RECENT = 100;

export function emptyCounts(): DeadLetterCounts {
  return { open: 0, openByReason: {}, openByHour: {}, total: 0, recent: [] };
}

/** The counts of an earlier run, whatever version of the queue left them. */
export function restoreCounts(counts: DeadLetterCounts | undefined): DeadLetterCounts {
  if (!counts) return emptyCounts();
  if (counts.openByHour) return counts;
  const openByHour = {};
  for (const reference of counts.recent) addToHour(openByHour, reference, 1);
  return { ...counts, openByHour };
}

export function countDeadLetter(counts: DeadLetterCounts, reference: DeadLetterReference): void {
  counts.open += 1;
  counts.total += 1;
  add(counts.openByReason, reference.reason, 1);
  addToHour((counts.openByHour ??= {}), reference, 1);
  counts.recent = [...counts.recent, reference].slice(-RECENT);
}

export function countResolved(counts: DeadLetterCounts, reference: DeadLetterReference): void {
  counts.open = Math.max(0, counts.open - 1);
  add(counts.openByReason, reference.reason, -1);
  addToHour((counts.openByHour ??= {}), reference, -1);
  counts.recent = counts.recent.filter(
    ({ deduplicationKey, at }) =>
      deduplicationKey !== reference.deduplicationKey || at !== reference.at,
  );
}

export function overviewOf(counts: DeadLetterCounts): DeadLetterOverview {
  return { ...counts, oldest: oldestOpen(counts), newest: counts.recent.at(-1)?.at };
}

/** How many dead letters need a decision, not counting sendproof's own notices. */
export function openCount({ openByHour = {} }: DeadLetterCounts): number {
  return Object.values(openByHour).reduce((total, each) => total + each, 0);
}

/** ISO 8601: when the oldest open one was parked; undefined where none is open. Ignores sendproof's own notices. */
export function oldestOpen(counts: DeadLetterCounts): string | undefined {
  const { openByHour = {}, recent } = counts;
  const [hour] = Object.keys(openByHour).sort();
  if (hour === undefined) return undefined;
  const ofThatHour = recent.filter((each) => isReported(each) && hourOf(each) === hour);
  const all = ofThatHour.length === own(openByHour, hour);
  return all ? ofThatHour.map(({ at }) => at).sort()[0] : `${hour}:00:00.000Z`;
}

/** Whether operators are notified of it: not of sendproof's own notices. */
export function isReported({ deduplicationKey }: DeadLetterReference): boolean {
  return !isNotice(deduplicationKey);
}

function hourOf({ at }: DeadLetterReference): string {
  return at.slice(0, '2026-11-24T09'.length);
}

function addToHour(
  openByHour: Record<string, number>,
  reference: DeadLetterReference,
  difference: number,
): void {
  if (isReported(reference)) add(openByHour, hourOf(reference), difference);
}

/** Removes a count that becomes zero. */
function add<Key extends string>(
  counts: Partial<Record<Key, number>>,
  key: Key,
  difference: number,
): void {
  const count = (own<number | undefined>(counts, key) ?? 0) + difference;
  if (count > 0) counts[key] = count;
  else Reflect.deleteProperty(counts, key);
}
