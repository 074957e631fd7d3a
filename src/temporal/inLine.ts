/** In which line the calls of some work wait for their turn. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Line } from './fairTurns.js';

const lines = new AsyncLocalStorage<() => Line>();

/** Where nobody has said whose calls they are. */
const NOBODYS: Line = ['', ''];

/**
 * Runs work whose calls to Temporal wait in this line of a bounded client.
 *
 * @param line is asked with each call, so that it may become known later who asks
 */
export function inLine<Result>(line: () => Line, work: () => Result): Result {
  return lines.run(line, work);
}

export function presentLine(): Line {
  return lines.getStore()?.() ?? NOBODYS;
}
