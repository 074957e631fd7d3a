import type { Attempt, MessageStatus, Receipt } from '../domain/delivery.js';
import { describeInConversation } from '../domain/inConversation.js';
import { labelOf, type DestinationNames } from '../domain/destinationNames.js';
import { describeShortening } from '../domain/shortening.js';
import { formatDuration } from '../lib/formatDuration.js';
import type { TimelineEntry } from './timeline.js';
import { causeOf } from './cause.js';
import type { Destination } from '../domain/destination.js';

/**
 * A step of a timeline in words, without its time.
 *
 * @param names what people call destinations
 * @param formatTime how a time that the step names is written; by default as ISO 8601
 */
export function describeStep(
  entry: TimelineEntry,
  names?: DestinationNames,
  formatTime = (at: string): string => at,
): string {
  const label = (destination: string, channel?: string) => labelOf(destination, { names, channel });
  switch (entry.kind) {
    case 'received': {
      const { destinations, reference, source } = entry;
      const from = [source, reference].filter((part) => part !== undefined).join(' ');
      return `Received${from === '' ? '' : ` from ${from}`}, for ${destinations.map((each) => label(each)).join(', ')}`;
    }
    case 'deliver_at':
      return 'Not posted before this time';
    case 'queued':
      return entry.fallbackFor === undefined
        ? `Queued for ${label(entry.destination)}`
        : `Queued for ${label(entry.destination)}, instead of ${label(entry.fallbackFor)}`;
    case 'attempt':
      return `Attempt ${entry.number} at ${label(entry.destination)}${partOf(entry)}: ${describeAttempt(entry, entry.destination)}`;
    case 'attempt_under_way':
      return `Attempt ${entry.number} at ${label(entry.destination)} is in progress`;
    case 'next_attempt':
      return `Attempt ${entry.number} at ${label(entry.destination)} is due`;
    case 'confirmed':
      return `Confirmed by ${label(entry.destination, entry.receipt.channel)}${howShown(entry.receipt)}`;
    case 'awaiting_turn':
      return `Waits for “${entry.message}” of the same conversation at ${label(entry.destination)}`;
    case 'superseded':
      return `Superseded at ${label(entry.destination)} by “${entry.message}”, a newer message of the same conversation`;
    case 'dead_lettered':
      return `Dead letter: ${label(entry.destination)} needs a decision. ${entry.detail ?? ''}`.trimEnd();
    case 'expired':
      return `Expired for ${label(entry.destination)}. ${entry.detail ?? ''}`.trimEnd();
    case 'retry':
      return `Retry${decision(entry, label)}`;
    case 'discard':
      return `Discard${decision(entry, label)}`;
    case 'cancel':
      return `Cancellation${decision(entry, label)}`;
    case 'reschedule':
      return `Rescheduled${times(entry, formatTime)}${decision(entry, label)}`;
    case 'erase':
      return entry.because === 'retention'
        ? 'Content erased: its retention has ended'
        : `Content erased${decision(entry, label)}`;
    case 'acknowledgement': {
      const { attempts, event, lastError, recipient, status, via } = entry;
      const tries = attempts > 1 ? ` after ${attempts} attempts` : '';
      const because = lastError !== undefined && status !== 'delivered' ? `: ${lastError}` : '';
      const what = via === 'event' ? 'Event' : 'Acknowledgement';
      return `${what} ${event} to ${recipient}: ${status}${tries}${because}`;
    }
    case 'ended':
      return entry.failure ?? ENDED[entry.status] ?? `Ended as ${entry.status}`;
  }
}

const ENDED: Partial<Record<MessageStatus, string>> = {
  muted: 'Muted by its route: not posted',
  grouped: 'Joined a group, whose message shows it',
};

function partOf({ part }: Pick<Attempt, 'part'>): string {
  return part ? ` (part ${part.number} of ${part.of})` : '';
}

/** As `, in 4 parts, shortened: 12,345 of 30,000 characters are shown`. */
function howShown({ conversation, parts, plainText, shortened, standsAlone }: Receipt): string {
  return [
    parts === undefined ? '' : `, in ${parts} parts`,
    shortened === undefined ? '' : `, ${describeShortening(shortened)}`,
    plainText === undefined ? '' : `, as plain text: ${plainText}`,
    conversation === undefined ? '' : `. ${describeInConversation(conversation)}`,
    standsAlone && !conversation
      ? ', by itself: the post that it should have answered is gone'
      : '',
  ].join('');
}

const POSTED = {
  post: 'posted',
  edit: 'changed the post',
  reply: 'answered in the thread',
} as const;

function describeAttempt(attempt: Omit<Attempt, 'startedAt'>, destination: Destination): string {
  const { durationMs, lookup, nextAttemptInMs, outcome } = attempt;
  const duration = durationMs === undefined ? '' : `, after ${formatDuration(durationMs)}`;
  const what =
    lookup === 'found'
      ? 'found the post of an earlier attempt'
      : outcome === 'delivered'
        ? POSTED[attempt.as ?? 'post']
        : causeOf(attempt, destination);
  const further = [
    lookup === 'absent' && 'searched for an earlier post first and found none',
    lookup === 'refused' && 'could not search for an earlier post',
    lookup === 'repeated' && 'the platform makes one post of repeated requests',
    outcome === 'ambiguous' && 'it may have been posted anyway',
    nextAttemptInMs !== undefined && `next attempt after ${formatDuration(nextAttemptInMs)}`,
  ].filter((part) => part !== false);
  return [`${what}${duration}`, ...further].join('; ');
}

function times(
  {
    deliverAt,
    expiresAt,
  }: { deliverAt?: string | null | undefined; expiresAt?: string | null | undefined },
  formatTime: (at: string) => string,
): string {
  const parts = [
    deliverAt === null ? 'to be posted at once' : deliverAt && `to ${formatTime(deliverAt)}`,
    expiresAt === null ? 'without an expiry' : expiresAt && `expires at ${formatTime(expiresAt)}`,
  ].filter((part) => part !== undefined);
  return parts.map((part, index) => (index === 0 ? ` ${part}` : `, ${part}`)).join('');
}

function decision(
  action: {
    by?: string | undefined;
    reason?: string | undefined;
    destination?: string | undefined;
  },
  label: (destination: string) => string,
): string {
  const { by, destination, reason } = action;
  return [
    by === undefined ? '' : ` by ${by}`,
    destination === undefined ? '' : ` for ${label(destination)}`,
    reason === undefined ? '' : `: ${reason}`,
  ].join('');
}
