/** Holds a process to a share of a processor, so that the processors of one machine can stand for those of several. */
import { setTimeout as delay } from 'node:timers/promises';
import { commandOf, processorMsOf } from './processUsage.js';

/** Linux counts processor time in steps of 10 ms; what was used too much is made up for by a longer stop. */
const LOOK_EVERY_MS = 20;
/** So much of what it did not use it may use later, in milliseconds of its share. */
const SAVED_MS = 100;

/**
 * Stops the command of a group (SIGSTOP) whenever it has used more than its share, and lets it go on once that is made up for. All
 * its threads count. Only the command: the shell that ends the group with this process is never stopped. Resolves with what lifts
 * the limit.
 *
 * @param share of one processor: 0.2 is 200 ms of processor time in a second
 */
export async function holdToShare(
  processGroup: number | undefined,
  share: number,
): Promise<() => Promise<void>> {
  const id = await commandOf(processGroup);
  const lifted = new AbortController();
  const holding = (async () => {
    let at = performance.now();
    let used = await processorMsOf(id);
    let saved = 0;
    while (!lifted.signal.aborted) {
      await delay(LOOK_EVERY_MS);
      const [earlier, usedEarlier] = [at, used];
      at = performance.now();
      used = await processorMsOf(id);
      saved = Math.min(saved + (at - earlier) * share - (used - usedEarlier), SAVED_MS * share);
      process.kill(id, saved < 0 ? 'SIGSTOP' : 'SIGCONT');
    }
  })().finally(() => {
    process.kill(id, 'SIGCONT');
  });
  holding.catch(() => undefined);
  return async () => {
    lifted.abort();
    await holding;
  };
}
