/** A bound on the loops of a condition: what they do for each element may read a long text or list. */

/** In milliseconds, for all loops of one evaluation. 10,000 elements of a usual condition take 5 ms. */
const LONGEST_LOOPS_MS = 40;
/** So many elements are looked at however long it takes, so that a pause of the machine ends no usual loop. */
const FREE_ELEMENTS = 20;

/** The loops of a condition took too long; the message says so. */
export class LoopFault extends Error {
  override readonly name = 'LoopFault';

  constructor() {
    super('its loops take too long for this event');
  }
}

/** The time that the loops of one condition share in each evaluation. */
export class LoopTime {
  #elements = 0;
  #startedAt = 0;

  beginEvaluation(): void {
    this.#elements = 0;
  }

  /**
   * The elements of a list, or the keys of a map, which can be read one after another only as long as there is time. A fault of
   * an element's own would be no end: `exists` goes on with the next one.
   */
  bounded(elements: unknown): unknown {
    if (typeof elements !== 'object' || elements === null) return elements;
    const list: unknown[] = Array.isArray(elements) ? elements : keysOf(elements);
    return new Proxy(list, {
      get: (target, property) => {
        if (property !== 'length') this.#count();
        return Reflect.get(target, property) as unknown;
      },
    });
  }

  /** @throws LoopFault */
  #count(): void {
    if (this.#elements === 0) this.#startedAt = performance.now();
    this.#elements += 1;
    if (this.#elements <= FREE_ELEMENTS) return;
    if (performance.now() - this.#startedAt > LONGEST_LOOPS_MS) throw new LoopFault();
  }
}

function keysOf(elements: object): unknown[] {
  if (elements instanceof Map) return [...(elements as Map<unknown, unknown>).keys()];
  return elements instanceof Set ? [...(elements as Set<unknown>)] : Object.keys(elements);
}
