/** Remembers how far the acceptance of a request with many events is, so that the same request, sent again, goes on with it. */
import type { RoutedMessage } from '../acceptance/routedMessage.js';
import { ExpiringMap } from '../lib/expiringMap.js';
import { AgainLater } from '../sources/source.js';

/** Senders with batches try again within minutes. */
const REMEMBERED_MS = 10 * 60_000;

/** Requests that ended without an answer in time. A large one has some 10,000 keys. */
const MOST_LATE = 50;

/** The messages of each event, in the order of the request; undefined where an event has none yet. */
export type AcceptedEvents = (RoutedMessage[] | undefined)[];

const LEFT = 'Some events of the request are not accepted yet. It is to be sent again.';

interface Progress {
  accepted: AcceptedEvents;
  /** Resolves when nothing of it is under way any longer, whatever the result is. */
  underWay: Promise<unknown> | undefined;
}

/**
 * A request with thousands of events takes longer than its sender waits. It is answered 503 then, and its acceptance goes on.
 * A redelivery joins it, and begins with what is left where it has failed. So each try ends further than the one before.
 */
export class AcceptanceProgress {
  readonly #running = new Map<string, Progress>();
  readonly #late: ExpiringMap<Progress>;

  /** @param now the monotonic clock, in milliseconds */
  constructor(now?: () => number) {
    this.#late = new ExpiringMap(REMEMBERED_MS, MOST_LATE, now);
  }

  /**
   * Resolves with the messages of all events, and rejects as soon as one of them fails.
   *
   * @param request the same for each delivery of the request, and different for every other one
   * @param options.events how many there are
   * @param options.acceptMissing begins to accept the events that have no messages yet, and enters their messages; one promise
   *   for each part that goes on by itself
   * @param options.hasTime whether the sender still waits
   */
  async accept(
    request: string,
    options: {
      events: number;
      acceptMissing: (accepted: AcceptedEvents) => Promise<void>[];
      hasTime: () => boolean;
    },
  ): Promise<RoutedMessage[]> {
    const { acceptMissing, events, hasTime } = options;
    const progress = this.#progressOf(request, events);
    while (progress.underWay && !isComplete(progress)) {
      await progress.underWay;
      // The next delivery begins with what is left: nobody would see the result of this one.
      if (!isComplete(progress) && !hasTime()) throw new AgainLater(LEFT);
    }
    if (!isComplete(progress)) {
      const parts = acceptMissing(progress.accepted);
      this.#follow(request, progress, parts);
      await Promise.all(parts);
      await progress.underWay;
    }
    if (hasTime()) this.#late.delete(request);
    return progress.accepted.flatMap((messages = []) => messages);
  }

  #progressOf(request: string, events: number): Progress {
    const known = this.#running.get(request) ?? this.#late.get(request);
    // Another configuration may make other events of the same request.
    if (known?.accepted.length === events) return known;
    return { accepted: Array.from({ length: events }, () => undefined), underWay: undefined };
  }

  #follow(request: string, progress: Progress, parts: readonly Promise<void>[]): void {
    this.#running.set(request, progress);
    progress.underWay = Promise.allSettled(parts).then(() => {
      progress.underWay = undefined;
      if (this.#running.get(request) === progress) this.#running.delete(request);
      this.#late.set(request, progress);
    });
  }
}

function isComplete({ accepted }: Progress): boolean {
  return !accepted.includes(undefined);
}
