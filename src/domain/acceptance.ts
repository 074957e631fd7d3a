/** What became of a message that was sent. */
import type { MessageStatus } from './delivery.js';

export type Acceptance =
  /** `known`: by an earlier try of the same acceptance. */
  | { outcome: 'accepted'; traceId: string; known?: true }
  /** Of the original message. Times are ISO 8601. */
  | {
      outcome: 'duplicate';
      status: MessageStatus;
      traceId: string;
      acceptedAt: string;
      closedAt: string | undefined;
      /** The fields of the duplicate that differ from the original's, and were ignored. */
      ignored: string[];
    }
  | { outcome: 'key_reused'; differences: string[]; status: MessageStatus; acceptedAt: string };

/** What is wrong with one field of a message, and the remedy. */
export interface FieldFault {
  /** As `content.text` or `destinations.0`. */
  field: string;
  detail: string;
}

/** Why a message can't be accepted. `key_taken`: another workflow of the namespace, which is no message, has the key as its id. */
export type RefusalKind = 'invalid' | 'key_taken';
