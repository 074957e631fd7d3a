/** Every step of a message, from ingestion to the platform's answer, in time order. */
import { lastNumber } from '../domain/attemptLog.js';
import type { Attempt, FailureReason, MessageStatus, Receipt } from '../domain/delivery.js';
import type { ContentErasure } from '../domain/sealedContent.js';
import type { Destination } from '../domain/destination.js';
import {
  type DeliveryState,
  type MessageRecord,
  type OperatorAction,
  type AcknowledgementState,
  confirmedAt,
} from '../domain/messageState.js';

/** One step. `at` is ISO 8601, and in the future for a step that has not happened yet. */
export type TimelineEntry = { at: string } & (
  | {
      kind: 'received';
      destinations: string[];
      source?: string | undefined;
      reference?: string | undefined;
      traceId?: string | undefined;
    }
  /** Not posted before. */
  | { kind: 'deliver_at' }
  /** A delivery was given to its account's queue; `fallbackFor`: instead of that destination. */
  | { kind: 'queued'; destination: Destination; fallbackFor?: Destination | undefined }
  /** One API call. `at` is when it began; of a lost worker's, when it may have begun at the earliest. */
  | ({ kind: 'attempt'; destination: Destination } & Omit<Attempt, 'startedAt'>)
  | { kind: 'attempt_under_way'; destination: Destination; number: number }
  | { kind: 'next_attempt'; destination: Destination; number: number }
  | { kind: 'confirmed'; destination: Destination; receipt: Receipt }
  /** The message `message`, of the same conversation, goes first. */
  | { kind: 'awaiting_turn'; destination: Destination; message: string }
  /** The message `message`, a newer one of the same conversation, is shown instead. */
  | { kind: 'superseded'; destination: Destination; message: string }
  /** A dead letter: it needs a decision. */
  | ({ kind: 'dead_lettered' } & Unconfirmed)
  | ({ kind: 'expired' } & Unconfirmed)
  /** What a person did. */
  | ({ kind: OperatorAction['action'] } & Omit<OperatorAction, 'action' | 'at' | 'parkedBy'>)
  /** An acknowledgement to a source. `at` is the time of the event that it acknowledges. */
  | ({ kind: 'acknowledgement' } & Omit<AcknowledgementState, 'at' | 'kind'>)
  /** The content can't be had any more. */
  | ({ kind: 'erase' } & Omit<ContentErasure, 'at'>)
  /** The end of the message's workflow. */
  | { kind: 'ended'; status: MessageStatus; failure?: string | undefined }
);

interface Unconfirmed {
  destination: Destination;
  reason?: FailureReason | undefined;
  /** What happened, for a person to read. */
  detail?: string | undefined;
}

/** The order of steps with the same time. */
const ORDER: readonly TimelineEntry['kind'][] = [
  'received',
  'deliver_at',
  'retry',
  'reschedule',
  'queued',
  'attempt',
  'attempt_under_way',
  'awaiting_turn',
  'confirmed',
  'superseded',
  'dead_lettered',
  'expired',
  'discard',
  'cancel',
  'next_attempt',
  'ended',
  'acknowledgement',
  'erase',
];

/** The steps of a message so far, the oldest first, and the next one where its time is known. */
export function timelineOf(
  { state, moments }: MessageRecord,
  acknowledgements: readonly AcknowledgementState[],
): TimelineEntry[] {
  const {
    acceptedAt,
    closedAt,
    contentErased,
    deliverAt,
    destinations,
    failure,
    reference,
    source,
  } = state;
  const { status, traceId } = state;
  const entries: TimelineEntry[] = [
    { at: acceptedAt, kind: 'received', destinations, source, reference, traceId },
    ...(deliverAt === undefined ? [] : [{ at: deliverAt, kind: 'deliver_at' as const }]),
    ...moments.map((moment): TimelineEntry => {
      const { at, destination, detail, kind, message = '', reason } = moment;
      if (kind === 'awaiting_turn') return { at, kind, destination, message };
      if (kind === 'superseded') return { at, kind, destination, message };
      if (kind === 'dead_lettered') return { at, kind, destination, reason, detail };
      if (kind === 'expired') return { at, kind, destination, reason, detail };
      const { fallbackFor } =
        state.deliveries.find((each) => each.destination === destination) ?? {};
      return { at, kind, destination, fallbackFor };
    }),
    ...state.deliveries.flatMap((delivery) => stepsOf(delivery, acceptedAt)),
    ...state.operatorActions.map((decision): TimelineEntry => {
      const { action, at, by, deliverAt: dueAt, destination, expiresAt, reason } = decision;
      return { at, kind: action, by, reason, destination, deliverAt: dueAt, expiresAt };
    }),
    ...acknowledgements.map((each): TimelineEntry => ({ ...each, kind: 'acknowledgement' })),
    ...(contentErased ? [{ kind: 'erase' as const, ...contentErased }] : []),
    ...(closedAt === undefined ? [] : [{ at: closedAt, kind: 'ended' as const, status, failure }]),
  ];
  return entries.sort(
    (one, other) =>
      Date.parse(one.at) - Date.parse(other.at) ||
      ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind),
  );
}

function stepsOf(delivery: DeliveryState, acceptedAt: string): TimelineEntry[] {
  const { attempts, destination } = delivery;
  const made = attempts.map(({ startedAt, ...attempt }): TimelineEntry => {
    return { at: startedAt ?? acceptedAt, kind: 'attempt', destination, ...attempt };
  });
  const current = currentStep(delivery, acceptedAt);
  return current ? [...made, current] : made;
}

/** What follows the attempts made so far, where it has a time of its own. */
function currentStep(delivery: DeliveryState, acceptedAt: string): TimelineEntry | undefined {
  const { attempts, destination, stage } = delivery;
  const number = lastNumber(attempts) + 1;
  switch (stage.kind) {
    case 'attempting':
      return { at: stage.since, kind: 'attempt_under_way', destination, number };
    case 'retrying':
      return { at: stage.nextAttemptAt, kind: 'next_attempt', destination, number };
    case 'confirmed': {
      const at = confirmedAt(delivery) ?? acceptedAt;
      return { at, kind: 'confirmed', destination, receipt: stage.receipt };
    }
    default:
      return undefined;
  }
}
