import type { Content } from '../domain/message.js';

export interface OverdueMessages {
  count: number;
  /** Deduplication keys, the newest first; not all where there are many. */
  keys: string[];
  overdueAfterMs: number;
}

/** Something that the people who run sendproof should know. */
export interface OperatorNotice {
  /** Operators are notified once of a topic within the deduplication window, however often it is requested. */
  topic: string;
  content: Content;
  /** 1 to 5, as a message's. */
  priority: number;
}

export interface OperatorNoticeResult {
  /** `nobody`: the configuration names no destination for operators. */
  outcome: 'sent' | 'already_told' | 'nobody';
}

/** When operators are notified of dead letters, in milliseconds. */
export interface DigestPolicy {
  /** How long the first dead letter waits for others that share its digest. */
  gatherMs: number;
  /** The least time between two digests of one destination. */
  windowMs: number;
  /** A reminder is sent once a dead letter has been open for this time, and again after each further such time. */
  waitingTooLongMs: number;
}
