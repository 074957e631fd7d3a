import type { SourceAnswer } from '../sources/source.js';

/** What became of a request, for the answer, the log and the metrics. */
export interface Reception {
  outcome:
    'accepted' | 'queued' | 'unusable' | 'test' | 'handshake' | 'refused' | 'failed' | 'late';
  /** Undefined where the request is not authentic. */
  answer?: SourceAnswer;
  /** The HTTP status of the answer. */
  status?: number;
  /** The keys of its messages. */
  messages?: string[];
  /** Why it was not accepted as it was meant. Without any part of the body. */
  reason?: string | undefined;
}
