/** Bounds on the evaluation of a condition: each of its steps may read a long text or list, and loops repeat steps. */

/**
 * In milliseconds, for one evaluation. Of the clock and of the processor, so that a machine that is busy with something else
 * ends no usual condition. 10,000 elements of a usual loop take 5 ms.
 */
const LONGEST_MS = 40;
/** Characters and elements that `+` may read in one evaluation: a chain of it reads what is before again each time. */
const MOST_ADDED = 1_000_000;

/** The evaluation took too much; the message says so. */
export class BoundsFault extends Error {
  override readonly name = 'BoundsFault';
}

/** What the evaluations of one condition may take, each of them by itself. */
export class EvaluationBounds {
  #startedAt: number | undefined;
  #cpuAtStart: NodeJS.CpuUsage = { user: 0, system: 0 };
  #added = 0;

  beginEvaluation(): void {
    this.#startedAt = undefined;
    this.#added = 0;
  }

  /**
   * The elements of a list, or the keys of a map, which can be read one after another only as long as there is time. A fault of
   * an element's own would be no end: `exists` goes on with the next one.
   */
  elements(of: unknown): unknown {
    if (typeof of !== 'object' || of === null) return of;
    const list: unknown[] = Array.isArray(of) ? of : keysOf(of);
    return new Proxy(list, {
      get: (target, property) => {
        if (property !== 'length') this.#assertTime('its loops take too long for this event');
        return Reflect.get(target, property) as unknown;
      },
    });
  }

  /** What a step reads, where there is time for it. */
  operand(value: unknown): unknown {
    this.#assertTime('it takes too long for this event');
    return value;
  }

  /**
   * What `+` reads, where there is time for it and it isn't too long.
   *
   * @param times how often it is read at most: a sum is a part of the next one
   */
  summand(value: unknown, times: number): unknown {
    if (typeof value === 'string' || Array.isArray(value)) this.#added += value.length * times;
    if (this.#added > MOST_ADDED) {
      throw new BoundsFault('the texts or lists that it adds are too long');
    }
    return this.operand(value);
  }

  #assertTime(fault: string): void {
    const now = performance.now();
    if (this.#startedAt === undefined) {
      this.#startedAt = now;
      this.#cpuAtStart = process.cpuUsage();
    }
    if (now - this.#startedAt <= LONGEST_MS) return;
    const { system, user } = process.cpuUsage(this.#cpuAtStart);
    if ((system + user) / 1_000 > LONGEST_MS) throw new BoundsFault(fault);
  }
}

function keysOf(elements: object): unknown[] {
  if (elements instanceof Map) return [...(elements as Map<unknown, unknown>).keys()];
  return elements instanceof Set ? [...(elements as Set<unknown>)] : Object.keys(elements);
}
