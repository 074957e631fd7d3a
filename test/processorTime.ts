import { expect } from 'vitest';

/** So often is something run that seems to take too long. */
const RUNS = 12;

/** Work of a fixed size, and the milliseconds that it takes on a quiet machine of two cores (Node.js 20 and 24, 2026-11-26). */
const WORDS = Array.from({ length: 20_000 }, (_, index) => `word ${index}`);
const REFERENCE_MS = 1.3;
const reference = () =>
  WORDS.map((word) => word.toUpperCase())
    .filter((word) => word.includes('7'))
    .sort()
    .join(' ');

/**
 * The processor time that this process spends while `run` runs, in milliseconds. Other programs of a busy machine don't count in
 * it, as they do in the time on a clock.
 */
function processorMs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/**
 * Expects `run` to take less processor time than this on a quiet machine. One run can take longer than it needs, by what it
 * compiles, or by garbage of what ran before it, but never less: the least of several runs counts. Where other programs have
 * the same core and its caches, everything takes longer, which the reference tells.
 */
export function expectProcessorMsBelow(limitMs: number, run: () => void): void {
  const least = leastMs(limitMs, run);
  if (least < limitMs) return;
  const slowness = Math.max(1, leastMs(0, reference) / REFERENCE_MS);
  expect(least / slowness).toBeLessThan(limitMs);
}

/** Of several runs, or of those until one takes less than `enoughMs`. */
function leastMs(enoughMs: number, run: () => void): number {
  let least = Infinity;
  for (let count = 0; count < RUNS && least >= enoughMs; count += 1) {
    least = Math.min(least, processorMs(run));
  }
  return least;
}
