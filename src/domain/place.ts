/** The place of a message in its conversation: which of two messages has the newer state. */

export interface Place {
  /** ISO 8601: when it happened at the source. */
  at: string;
  /** Decides between messages with the same `at`: the highest is the newest. */
  rank: number;
  /** ISO 8601, to the microsecond: when it was accepted. Decides between messages of the same `at` and rank. */
  acceptedAt: string;
}

/** Which conversation a message belongs to, and its place there, but for the time of acceptance. */
export type ConversationPlace = { key: string } & Pick<Place, 'at' | 'rank'>;

/** Negative where the first place is older than the second. */
export function comparePlaces(one: Place, other: Place): number {
  return (
    compareTimes(one.at, other.at) ||
    one.rank - other.rank ||
    compareTimes(one.acceptedAt, other.acceptedAt)
  );
}

/** Sources send up to nanoseconds, of which `Date` keeps milliseconds. */
const BEYOND_MILLISECONDS = /\.\d{3}(?<rest>\d+)/;

function compareTimes(one: string, other: string): number {
  return Date.parse(one) - Date.parse(other) || compareRests(restOf(one), restOf(other));
}

function restOf(time: string): string {
  return BEYOND_MILLISECONDS.exec(time)?.groups?.rest ?? '';
}

function compareRests(one: string, other: string): number {
  const length = Math.max(one.length, other.length);
  const [a, b] = [one.padEnd(length, '0'), other.padEnd(length, '0')];
  return a === b ? 0 : a < b ? -1 : 1;
}
