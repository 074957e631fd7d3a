/** Figures of calls over time. Times are in milliseconds. */

/** The highest number of calls within any second. */
export function busiestSecond(times: readonly number[]): number {
  return busiest(times, 1_000);
}

/** The highest number of calls within any window of this length. */
export function busiest(times: readonly number[], windowMs: number): number {
  const sorted = ascending(times);
  let most = 0;
  let first = 0;
  sorted.forEach((at, index) => {
    while ((sorted[first] ?? at) <= at - windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
}

/** The number of calls in each second since `from`, as points of a chart. */
export function perSecond(
  times: readonly number[],
  from: number,
): [second: number, count: number][] {
  if (times.length === 0) return [];
  const seconds = Math.floor((Math.max(...times) - from) / 1_000) + 1;
  const counts = Array.from({ length: seconds }, () => 0);
  for (const at of times) {
    const second = Math.floor((at - from) / 1_000);
    if (counts[second] !== undefined) counts[second] += 1;
  }
  return counts.map((count, second) => [second, count]);
}

/** The cumulative number of calls, in seconds since `from`, as points of a chart. */
export function running(times: readonly number[], from: number): [second: number, count: number][] {
  return ascending(times).map((at, index) => [(at - from) / 1_000, index + 1]);
}

function ascending(times: readonly number[]): number[] {
  return [...times].sort((one, other) => one - other);
}
