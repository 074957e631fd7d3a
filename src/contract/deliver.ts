import type {
  Attempt,
  OnAmbiguous,
  PostedParts,
  Receipt,
  RetryProfile,
} from '../domain/delivery.js';
import type { ConversationPlan, ConversationReport, RootFault } from './conversation.js';
import type { Correlation } from '../domain/message.js';
import type { StoredContent } from '../domain/sealedContent.js';
import type { RecordedDestination } from '../domain/destination.js';

export interface DeliverInput extends RecordedDestination {
  deliveryId: string;
  content: StoredContent;
  correlation?: Correlation | undefined;
  onAmbiguous: OnAmbiguous;
  retry: RetryProfile;
  /** ISO 8601: when the message was accepted, or its `deliverAt`. Absent from inputs of earlier releases. */
  dueAt?: string | undefined;
  /**
   * How long the activity may wait in the worker for its account to be available, in milliseconds, before it returns the
   * delivery to its workflow. Absent from inputs of earlier releases, whose time limit leaves no room for a wait.
   */
  holdMs?: number | undefined;
  /** ISO 8601: nothing is posted after it. */
  expiresAt?: string | undefined;
  traceId: string;
  /** The attempts made before this activity was scheduled; empty the first time. */
  earlierAttempts: Attempt[];
  /** The number of the last attempt before a person's latest retry; by default, that of the last of `earlierAttempts`. */
  decidedUpTo?: number | undefined;
  /**
   * The parts of the message that are posted already; null while there are none. Absent where the message is posted in one part:
   * where it surely fits, and from inputs of earlier releases, whose workflows schedule one activity for the whole message.
   */
  posted?: PostedParts | null | undefined;
  /** Set where the message belongs to a conversation. */
  conversation?: DeliverConversation | undefined;
}

/** The conversation of a delivery: what its activity asks and reports. */
export interface DeliverConversation extends Omit<ConversationPlan, 'key' | 'hasOwnActivity'> {
  /** The id of the workflow of the conversation at this destination. */
  id: string;
  /** How long an attempt may take after it has asked. */
  attemptMs: number;
  /** What the last attempt found out about the post that it was to change or answer. */
  rootFault?: RootFault | undefined;
}

/**
 * The result of a delivery, or of one part of it. Where it fails, the ApplicationFailure has the reason as `type` and
 * `[attempts, ending]` as details.
 */
export type DeliverResult = PostedResult | TurnResult;

export interface PostedResult {
  /** Of the first part, where there are several. */
  receipt: Receipt;
  attempts: Attempt[];
  /** Set while parts are left to post: the workflow schedules the activity again. */
  posted?: PostedParts | undefined;
  /** The short reply of a message that is shown in both ways is left: the workflow schedules the activity again. */
  replyLeft?: true | undefined;
  /** The conversation could not be notified: the workflow does it. */
  unreported?: ConversationReport | undefined;
  turn?: undefined;
}

/** Nothing is posted, because of the conversation. */
export interface TurnResult {
  attempts: Attempt[];
  turn: Turn;
  receipt?: undefined;
  posted?: undefined;
}

export type Turn =
  /** The conversation signals it when it may ask again. */
  | { kind: 'wait'; behind: string }
  | { kind: 'superseded'; by: string }
  /** It asks again, at once: the post that it was to change or answer can't be. */
  | { kind: 'again'; rootFault: RootFault };
