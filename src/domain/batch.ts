/** A batch: messages that are sent together, stored at once, and started one after the other. */
import type { FieldFault } from './acceptance.js';
import type { Message } from './message.js';
import type { StoredContent } from './sealedContent.js';

/**
 * `queued`: stored, and no message has been started. `starting`: some have. `completed`: each message was started or refused.
 * `cancelled`: a person stopped it. `incomplete`: its sender was not answered, and never sent the rest; nothing was started.
 */
export const BATCH_STATUSES = [
  'queued',
  'starting',
  'completed',
  'cancelled',
  'incomplete',
] as const;
export type BatchStatus = (typeof BATCH_STATUSES)[number];

/** What became of one message of a batch. */
export const BATCH_OUTCOMES = ['queued', 'accepted', 'duplicate', 'refused', 'cancelled'] as const;
export type BatchOutcome = (typeof BATCH_OUTCOMES)[number];

/** How many messages have each outcome. */
export type BatchCounts = Record<BatchOutcome, number>;

/** One message of a batch as it is stored. What is no message is stored as the reason, without the rest of it. */
export type BatchEntry =
  | { message: Message }
  /** The key, where it has a usable one. */
  | { faults: FieldFault[]; deduplicationKey?: string | undefined };

/** The same in Temporal, where the content of a message may be sealed. */
export type StoredBatchEntry =
  | Exclude<BatchEntry, { message: Message }>
  | { message: Omit<Message, 'content'> & { content: StoredContent } };
