import type { Content, Correlation } from './message.js';
import type { Destination } from './destination.js';
import type {
  Attempt,
  DeliveryStatus,
  FailureReason,
  MessageStatus,
  PostedParts,
  Receipt,
} from './delivery.js';
import type { AcknowledgementEvent, AcknowledgementRecipient } from './acknowledgement.js';
import type { DeadLetterMemo } from './deadLetter.js';
import type { ContentErasure } from './sealedContent.js';
import type { ShownEvents } from './eventGroup.js';
import { labelOf, type DestinationNames } from './destinationNames.js';
import type { ConversationPlace } from './place.js';

/** Why the last failed attempt failed, or why the delivery ended without a post. */
export interface DeliveryFailure {
  reason?: FailureReason | undefined;
  /** The same in words. */
  detail?: string | undefined;
}

/** How far a delivery is, with what is known only at that stage. All times are ISO 8601. */
export type DeliveryStage =
  /** A fallback that is not needed, so far or for good. */
  | { kind: 'standby' }
  /** Stored by Temporal, not yet started by a worker. */
  | { kind: 'accepted' }
  /**
   * The first attempt since the message was accepted, or retried, waits in its account's queue. `expectedAt`: when its turn is
   * estimated to come, where others are ahead of it.
   */
  | ({ kind: 'queued'; since: string; expectedAt?: string | undefined } & HeldBack &
      DeliveryFailure)
  | ({ kind: 'attempting'; since: string } & DeliveryFailure)
  /** An attempt has failed, and the next one is due at this time. */
  | ({ kind: 'retrying'; nextAttemptAt: string } & HeldBack & DeliveryFailure)
  /** The message `behind`, of the same conversation, goes first. */
  | { kind: 'awaiting_turn'; since: string; behind: string }
  | { kind: 'confirmed'; receipt: Receipt }
  /** The message `by`, a newer one of the same conversation, is shown instead. */
  | { kind: 'superseded'; by: string }
  | ({ kind: 'dead_lettered'; parkedAt: string } & DeliveryFailure)
  | ({ kind: 'discarded' | 'expired' | 'cancelled' } & DeliveryFailure)
  /** Not posted: the route mutes it, until a time (ISO 8601) or without an end. */
  | { kind: 'muted'; route: string; until?: string | undefined }
  /** Not posted by itself: the message with this key shows it; undefined until it has joined its group. */
  | { kind: 'grouped'; route: string; message?: string | undefined };

interface HeldBack {
  /** Set while the queue of its account is stopped: why, or empty where nobody gave a reason. */
  heldBack?: string | undefined;
}

export interface DeliveryState {
  destination: Destination;
  attempts: readonly Attempt[];
  /** Set where it was cancelled, and the history doesn't have the attempts of its last activity, if that had any. */
  lacksAttempts?: true;
  /** The parts that are posted, of a message that takes several posts and is not confirmed. */
  posted?: PostedParts | undefined;
  /** A fallback: the destination that it stands in for. */
  fallbackFor?: Destination | undefined;
  stage: DeliveryStage;
}

/** The status that clients see: `delivering` stands for four stages. */
export function deliveryStatus({ stage }: Pick<DeliveryState, 'stage'>): DeliveryStatus {
  switch (stage.kind) {
    case 'queued':
    case 'attempting':
    case 'retrying':
    case 'awaiting_turn':
      return 'delivering';
    default:
      return stage.kind;
  }
}

/** The failure of a delivery that has one. */
export function failureOf({ stage }: Pick<DeliveryState, 'stage'>): DeliveryFailure {
  return 'reason' in stage || 'detail' in stage
    ? { reason: stage.reason, detail: stage.detail }
    : {};
}

/** What a person did. */
export interface OperatorAction {
  action: 'retry' | 'discard' | 'cancel' | 'reschedule';
  at: string;
  by?: string | undefined;
  reason?: string | undefined;
  destination?: string | undefined;
  /** ISO 8601, of a bulk decision: it applies only to what was parked at or before this time. */
  parkedBy?: string | undefined;
  /** ISO 8601, of a `reschedule`: the new times; null where one was removed. */
  deliverAt?: string | null | undefined;
  expiresAt?: string | null | undefined;
}

export interface MessageState extends MessageSummary, ContentState {
  deliveries: readonly DeliveryState[];
  operatorActions: readonly OperatorAction[];
  /** Not posted before. */
  deliverAt?: string | undefined;
  /** Not posted after. */
  expiresAt?: string | undefined;
  /** The events that it shows, where it is the message of a group. Absent from what earlier releases posted. */
  shows?: ShownEvents | undefined;
  /** How the workflow failed. */
  failure?: string | undefined;
}

type ParkedAt = Pick<DeadLetterMemo, 'destination' | 'at'>;
type Decided = Pick<OperatorAction, 'at' | 'destination' | 'parkedBy'>;

/** Whether the message has ended, or a dead letter of it needs a decision that nobody has made. */
export function hasSettled(message: {
  status: MessageStatus;
  deadLetters: readonly ParkedAt[];
  operatorActions: readonly Decided[];
}): boolean {
  const { status, deadLetters, operatorActions } = message;
  if (status === 'accepted' || status === 'delivering') return false;
  if (status !== 'dead_lettered') return true;
  return deadLetters.some((deadLetter) => !isDecided(deadLetter, operatorActions));
}

/** Whether the workflow has received a decision that it has not yet carried out, as right after a retry. */
export function isDecided(deadLetter: ParkedAt, operatorActions: readonly Decided[]): boolean {
  return decisionOn(deadLetter, operatorActions) !== undefined;
}

/** The decision on a dead letter: the workflow takes the first one that was made after it was parked and is meant for it. */
export function decisionOn<Action extends Decided>(
  { destination, at }: ParkedAt,
  operatorActions: readonly Action[],
): Action | undefined {
  return operatorActions.find(
    (action) =>
      action.at > at &&
      (action.destination ?? destination) === destination &&
      (action.parkedBy ?? at) >= at,
  );
}

/** What happened to a delivery, besides its attempts. */
export interface DeliveryMoment {
  /** `queued`: given to its account's queue, at first or again. */
  kind: 'queued' | 'awaiting_turn' | 'superseded' | 'dead_lettered' | 'expired';
  at: string;
  destination: Destination;
  reason?: FailureReason | undefined;
  detail?: string | undefined;
  /** The message of the same conversation that goes first, or is shown instead. */
  message?: string | undefined;
}

/** What a list shows of a message. */
export interface MessageSummary {
  /** The id of its workflow: of a tenant's message with the tenant in it. The API shows it as its reader knows it. */
  deduplicationKey: string;
  /** Of a tenant's message: the key as it was sent, where the id has a hash of it. */
  givenKey?: string | undefined;
  status: MessageStatus;
  /** What it is about, in one line. Lists alone have it, and none of messages that earlier releases accepted or whose content is gone. */
  title?: string | undefined;
  /** ISO 8601, of lists alone: when it is first due, where that is later than now. */
  dueAt?: string | undefined;
  destinations: string[];
  source?: string | undefined;
  reference?: string | undefined;
  traceId?: string | undefined;
  /** The name of the key, or of the person, that sent it, where keys are configured. */
  sentBy?: string | undefined;
  /** Whether or not its posts take part in it. Undefined where it belongs to none, or an earlier release accepted it. */
  conversation?: ConversationPlace | undefined;
  acceptedAt: string;
  closedAt?: string | undefined;
  deadLetters: DeadLetterMemo[];
  /** Why its content can't be decrypted, with the remedy; undefined where it can. */
  unreadable?: string | undefined;
  /** What people call some of its destinations. The API adds it, from the configuration. */
  names?: DestinationNames | undefined;
}

/** A destination of a message as people read it, beside the id of its channel where a receipt has it. */
export function labelIn(
  message: { names?: DestinationNames | undefined; deliveries?: readonly DeliveryState[] },
  destination: string,
): string {
  const stage = message.deliveries?.find((each) => each.destination === destination)?.stage;
  const channel = stage?.kind === 'confirmed' ? stage.receipt.channel : undefined;
  return labelOf(destination, { names: message.names, channel });
}

/** One acknowledgement of a message to one recipient. */
export interface AcknowledgementState {
  /** The id of its workflow. */
  workflowId: string;
  event: AcknowledgementEvent;
  via: AcknowledgementRecipient['kind'];
  /** For people: `hooks.example.com`, `PagerDuty incident Q1ABC`, or the name of a target of `events:`. */
  recipient: string;
  /** ISO 8601: when the event that it acknowledges happened. */
  at: string;
  /** `forgotten`: its workflow's retention has ended, so its outcome is unknown. */
  status: 'pending' | 'delivered' | 'failed' | 'forgotten';
  attempts: number;
  /** ISO 8601: when it was delivered, or its attempts ended. */
  closedAt?: string | undefined;
  /** ISO 8601: while it waits for its next attempt. */
  nextAttemptAt?: string | undefined;
  /** Why the last failed attempt failed, in words. */
  lastError?: string | undefined;
}

/** When it was posted, or found to be: the end of the last attempt. */
export function confirmedAt({ attempts }: Pick<DeliveryState, 'attempts'>): string | undefined {
  const { startedAt, durationMs } = attempts.at(-1) ?? {};
  return startedAt && new Date(Date.parse(startedAt) + (durationMs ?? 0)).toISOString();
}

/** Of content that has a time to be erased. */
export interface ContentState {
  /** Set once it is erased. */
  contentErased?: ContentErasure | undefined;
  /** ISO 8601: when it is erased at the latest. */
  contentUntil?: string | undefined;
}

/** All that is known of a message. */
export interface MessageRecord {
  state: MessageState;
  /** In time order. */
  moments: readonly DeliveryMoment[];
  /** Undefined where it was erased, or can't be read: the state says why. */
  content: Content | undefined;
  correlation: Correlation | undefined;
  runId: string;
}
