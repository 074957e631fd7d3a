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
  expect(least / machineSlowness()).toBeLessThan(limitMs);
}

/** How many times as long as on a quiet machine any work takes at this moment: 1 at least. */
export function machineSlowness(): number {
  return Math.max(1, leastMs(0, reference) / REFERENCE_MS);
}

/** A share of a processor in each window of some seconds, as measured, and for the slowness of the machine in it. */
export interface ProcessorShares {
  measured: number[];
  corrected: number[];
}

/**
 * The share of a processor that a program takes, as its windows have it in the middle: what else the machine does, and a task of
 * the program that comes once in a while, can add to one window but not to most of them.
 */
export function medianShare({ corrected }: ProcessorShares): number {
  const sorted = corrected.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** For people: each window in per cent. */
export function percentages({ measured }: ProcessorShares): string {
  return measured.map((share) => `${(100 * share).toFixed(1)} %`).join(', ');
}

/** Of several runs, or of those until one takes less than `enoughMs`. */
function leastMs(enoughMs: number, run: () => void): number {
  let least = Infinity;
  for (let count = 0; count < RUNS && least >= enoughMs; count += 1) {
    least = Math.min(least, processorMs(run));
  }
  return least;
}
