/** What senders sent lately, in the memory of this process: for the page of the sources. */
import type { Reception } from './reception.js';

/** One request, without any of its content. */
export interface SourceRequestRecord {
  /** ISO 8601. */
  at: string;
  outcome: Reception['outcome'];
  /** The HTTP status that its sender was answered with. */
  status: number | undefined;
  /** The keys of its messages, the first few. */
  messages: readonly string[];
  /** How many messages it has. */
  messageCount: number;
  /** Why it was not accepted as it was meant. */
  reason?: string | undefined;
}

const KEPT_FOR_EACH = 10;
const MOST_KEYS = 5;

interface OfSource {
  records: SourceRequestRecord[];
  counts: Map<Reception['outcome'], number>;
}

/** Bounded: it keeps the last requests of each configured source, and counts the others. */
export class RecentSourceRequests {
  readonly since = new Date();
  readonly #bySource = new Map<string, OfSource>();

  /** @param source the name of a configured source: senders can't make new ones */
  add(source: string, { messages = [], outcome, reason, status }: Omit<Reception, 'answer'>): void {
    const known: OfSource = this.#bySource.get(source) ?? { records: [], counts: new Map() };
    this.#bySource.set(source, known);
    known.counts.set(outcome, (known.counts.get(outcome) ?? 0) + 1);
    const record: SourceRequestRecord = {
      at: new Date().toISOString(),
      outcome,
      status,
      messages: messages.slice(0, MOST_KEYS),
      messageCount: messages.length,
      reason,
    };
    known.records = [record, ...known.records].slice(0, KEPT_FOR_EACH);
  }

  /** Newest first. */
  of(source: string): readonly SourceRequestRecord[] {
    return this.#bySource.get(source)?.records ?? [];
  }

  /** How many requests had each outcome since the process started. */
  countsOf(source: string): ReadonlyMap<Reception['outcome'], number> {
    return this.#bySource.get(source)?.counts ?? new Map();
  }
}
