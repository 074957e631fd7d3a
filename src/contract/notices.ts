import type { Content } from '../domain/message.js';

export interface OverdueMessages {
  count: number;
  /** Deduplication keys, the newest first; not all where there are many. */
  keys: string[];
  overdueAfterMs: number;
}

/** Something that the people who run sendproof should know. */
export interface OperatorNotice {
  /** The same topic is told once within the deduplication window, however often and from wherever it is asked for. */
  topic: string;
  content: Content;
  /** 1 to 5, as a message's. */
  priority: number;
}

export interface OperatorNoticeResult {
  /** `nobody`: the configuration names no destination for operators. */
  outcome: 'sent' | 'already_told' | 'nobody';
}

/** When the operators are told of dead letters, in milliseconds. */
export interface DigestPolicy {
  /** How long a first dead letter waits for others to be told of with it. */
  gatherMs: number;
  /** A destination's digests are at least so far apart. */
  windowMs: number;
  /** Once something has waited for so long they are reminded, and again after each further such time. */
  waitingTooLongMs: number;
}
