import type { EventRoute } from './route.js';

/**
 * Reminders come at an interval of their sender, or a little earlier. This share of `remindAfter` is allowed for, so that one
 * of them isn't taken for a repetition of the one before.
 */
const EARLY_SHARE = 0.1;

/**
 * Which reminder it is when an event comes again: 0 is none. Counted from the first message of the event, so that a sender's
 * retry, which comes soon after, has the number of what it repeats.
 *
 * @param ageMs the time since the first message was accepted
 */
export function reminderNumber(
  { remindAfterMs }: Pick<EventRoute, 'remindAfterMs'>,
  ageMs: number,
): number {
  if (remindAfterMs === undefined) return 0;
  return Math.max(0, Math.floor(ageMs / remindAfterMs + EARLY_SHARE));
}
