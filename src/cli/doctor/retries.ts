/** What the retry profiles come to. */
import { nextAttemptDelayMs } from '../../domain/backoff.js';
import type { RetryProfile } from '../../domain/delivery.js';
import { formatDuration } from '../../lib/formatDuration.js';

export interface RetryLadder {
  attempts: number;
  /** The longest that each delay can be without a Retry-After: the one after the first attempt, the second, … */
  upperBoundsMs: number[];
  /** Their sum: how long a delivery waits at most before it is dead-lettered. Half of it on average. */
  totalMs: number;
  /** No attempt comes later than this, whatever the delays add up to. */
  giveUpAfterMs: number | undefined;
}

export function retryLadder(profile: RetryProfile): RetryLadder {
  // The jitter is at its most with the largest random number.
  const upperBoundsMs = Array.from({ length: profile.attempts - 1 }, (_, index) =>
    nextAttemptDelayMs(profile, index + 1, undefined, 1),
  );
  const totalMs = upperBoundsMs.reduce((total, each) => total + each, 0);
  const { attempts, giveUpAfterMs } = profile;
  return { attempts, upperBoundsMs, totalMs, giveUpAfterMs };
}

/** As `15 attempts, with at most 1s, 2s, 4s, …, 5m × 6 between them: 38m 31s in all`. */
export function renderLadder(ladder: RetryLadder): string {
  const { attempts, upperBoundsMs, totalMs, giveUpAfterMs } = ladder;
  if (attempts === 1) return '1 attempt, never again';
  const steps = runs(upperBoundsMs).map(({ value, count }) =>
    count === 1 ? formatDuration(value) : `${formatDuration(value)} × ${count}`,
  );
  return `${attempts} attempts, with at most ${steps.join(', ')} between them: ${formatDuration(totalMs)} in all${giveUpAfterMs === undefined ? '' : `; given up after ${formatDuration(giveUpAfterMs)} at the latest`}`;
}

function runs(values: readonly number[]): { value: number; count: number }[] {
  const found: { value: number; count: number }[] = [];
  for (const value of values) {
    const last = found.at(-1);
    if (last?.value === value) last.count += 1;
    else found.push({ value, count: 1 });
  }
  return found;
}
