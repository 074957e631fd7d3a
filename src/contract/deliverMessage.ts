import type { ConversationPlan } from './conversation.js';
import type { Correlation } from '../domain/message.js';
import { isSealed, type StoredContent } from '../domain/sealedContent.js';
import type { RetryProfile, OnAmbiguous, Receipt } from '../domain/delivery.js';
import type { AcknowledgementPlan } from '../domain/acknowledgement.js';
import type { ShownEvents } from '../domain/eventGroup.js';
import type { Unposted } from '../domain/unposted.js';
import type { Destination, RecordedDestination } from '../domain/destination.js';
import type { ConversationPlace } from '../domain/place.js';

/** One destination of a message with the settings of its delivery, fixed at acceptance. */
export interface DeliveryPlan extends RecordedDestination {
  /** The account's task queue. */
  taskQueue: string;
  /** The destination, hashed where it exceeds the 64 bytes that Temporal allows. */
  fairnessKey: string;
  retry: RetryProfile;
  /** How long one request to the platform may take. */
  requestTimeoutMs: number;
  /** The id of the workflow of its conversation at this destination. Set where the message has a conversation. */
  conversationId?: string | undefined;
  /** Fallbacks only: the index of their primary delivery. */
  fallbackFor?: number | undefined;
  /** Fallbacks only: how long the primary may take to confirm before this one is used too. */
  fallbackAfterMs?: number | undefined;
}

/** The input of the `deliverMessage` workflow. The workflow's id is the message's deduplication key. */
export interface DeliverMessageInput {
  content: StoredContent;
  correlation?: Correlation | undefined;
  priority: number;
  onAmbiguous: OnAmbiguous;
  deliveries: DeliveryPlan[];
  /** ISO 8601: not posted before this time. */
  deliverAt?: string | undefined;
  /** ISO 8601: never posted after this time. */
  expiresAt?: string | undefined;
  /** The conversation that the message belongs to, at each of its destinations. */
  conversation?: ConversationPlan | undefined;
  /** Set where the message is not posted by itself, with the destinations that it would have had. `deliveries` is empty then. */
  unposted?: (Unposted & { destinations: Destination[] }) | undefined;
  /** The message of a group: the events that it shows. */
  shows?: ShownEvents | undefined;
  /** Who receives acknowledgements; empty or absent where there are none. */
  acknowledgements?: AcknowledgementPlan[] | undefined;
  /** 32 hex digits: continued from the source's `traceparent` or begun by the API. */
  traceId: string;
}

/**
 * The input as Temporal keeps it. Workers of releases that know neither conversations nor events that are not posted by themselves
 * would post such a message by itself, or end it without a post; those that don't know sealed content would post nothing. So its
 * deliveries have another name, and those workers fail their task, which Temporal then gives to the next worker. Earlier
 * releases started these messages with `deliveries`, too.
 */
export type StoredMessageInput = Omit<DeliverMessageInput, 'deliveries'> &
  (
    | ({ deliveries: DeliveryPlan[] } & Unnamed<'newerDeliveries' | 'sealedDeliveries'>)
    | ({ newerDeliveries: DeliveryPlan[] } & Unnamed<'deliveries' | 'sealedDeliveries'>)
    | ({ sealedDeliveries: DeliveryPlan[] } & Unnamed<'deliveries' | 'newerDeliveries'>)
  );
type Unnamed<Names extends string> = Partial<Record<Names, undefined>>;

export function storeMessageInput(input: DeliverMessageInput): StoredMessageInput {
  const { deliveries, ...rest } = input;
  if (isSealed(input.content)) return { ...rest, sealedDeliveries: deliveries };
  if (!input.conversation && !input.unposted) return input;
  return { ...rest, newerDeliveries: deliveries };
}

export function readMessageInput(stored: StoredMessageInput): DeliverMessageInput {
  if (stored.deliveries) return stored;
  const { newerDeliveries, sealedDeliveries, ...rest } = stored;
  return { ...rest, deliveries: sealedDeliveries ?? newerDeliveries };
}

/** A message ends with its content: nothing can be posted after that. */
export function withinRetention<Input extends Pick<DeliverMessageInput, 'content' | 'expiresAt'>>(
  input: Input,
): Input {
  const { content, expiresAt } = input;
  if (!isSealed(content)) return input;
  const { until } = content;
  const endsFirst = expiresAt !== undefined && Date.parse(expiresAt) <= Date.parse(until);
  return endsFirst ? input : { ...input, expiresAt: until };
}

/** The workflow's memo, as set at its start. */
export interface MessageMemo {
  /** Field name → hash of the field: distinguishes a duplicate from a key that was used for other content. */
  fingerprint: Record<string, string>;
  /** Of the fields that don't identify the message: see `settingsOf`. Absent from what earlier releases started. */
  settings?: Record<string, string> | undefined;
  /** Set when the message was rescheduled, instead of the times that it was sent with. */
  schedule?: { deliverAt: string | null; expiresAt: string | null } | undefined;
  /** Random for each start, so that of several concurrent identical starts the successful one can recognise itself. */
  startToken: string;
  /** The destinations, where the search attribute has short names of them. */
  destinations?: string[] | undefined;
  /** The source and the reference, where the search attributes have another form of them. */
  source?: string | undefined;
  reference?: string | undefined;
  /** The conversation that the message, or its event, belongs to. Absent from what earlier releases started. */
  conversation?: ConversationPlace | undefined;
  /** What lists show of it, sealed where its content is. Absent from what earlier releases started. */
  title?: string | undefined;
  /** What its content is sealed with, where its retention ends: a place of a key, and no secret. */
  seal?: string | undefined;
  /** The name of the key, or of the person, that sent it. Absent where no keys are configured, and for requests of sources. */
  sentBy?: string | undefined;
  /** Of a tenant's message: the key as it was sent, where the id has a hash of it. */
  givenKey?: string | undefined;
}

/** The result of a message that was confirmed everywhere. */
export interface DeliverMessageResult {
  receipts: { destination: Destination; receipt: Receipt }[];
  /** Set where the event joined a group: the deduplication key of the message that shows it. */
  groupedIn?: string | undefined;
}

/** Every destination that the message may be posted to, or would have been. */
export function plannedDestinations({
  deliveries,
  unposted,
}: Pick<DeliverMessageInput, 'deliveries' | 'unposted'>): Destination[] {
  return unposted?.destinations ?? deliveries.map(({ destination }) => destination);
}
