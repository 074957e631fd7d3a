/** The delays that result from a retry profile. */
import { nextAttemptDelayMs } from '../../domain/backoff.js';
import type { RetryProfile } from '../../domain/delivery.js';
import { formatDuration } from '../../lib/formatDuration.js';

export interface RetryLadder {
  attempts: number;
  /** The upper bound of each delay without a Retry-After: after the first attempt, the second, … */
  upperBoundsMs: number[];
  /** Their sum: the longest time before a delivery is dead-lettered. The average is half of it. */
  totalMs: number;
  /** No attempt starts later than this after the first, whatever the delays. */
  giveUpAfterMs: number | undefined;
}

export function retryLadder(profile: RetryProfile): RetryLadder {
  // The largest random number gives the longest delay.
  const upperBoundsMs = Array.from({ length: profile.attempts - 1 }, (_, index) =>
    nextAttemptDelayMs(profile, index + 1, undefined, 1),
  );
  const totalMs = upperBoundsMs.reduce((total, each) => total + each, 0);
  const { attempts, giveUpAfterMs } = profile;
  return { attempts, upperBoundsMs, totalMs, giveUpAfterMs };
}

/** As `15 attempts, with delays of at most 1s, 2s, 4s, …, 5m × 6: 38m 31s in total`. */
export function renderLadder(ladder: RetryLadder): string {
  const { attempts, upperBoundsMs, totalMs, giveUpAfterMs } = ladder;
  if (attempts === 1) return '1 attempt, no retry';
  const steps = runs(upperBoundsMs).map(({ value, count }) =>
    count === 1 ? formatDuration(value) : `${formatDuration(value)} × ${count}`,
  );
  return `${attempts} attempts, with delays of at most ${steps.join(', ')}: ${formatDuration(totalMs)} in total${giveUpAfterMs === undefined ? '' : `; dead-lettered after ${formatDuration(giveUpAfterMs)} at the latest`}`;
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
