/** Statistics of a series of measurements. All throw a RangeError for an empty series. */

export interface Spread {
  median: number;
  lowest: number;
  highest: number;
}

export interface Latency {
  p50: number;
  p99: number;
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const upper = Math.floor(sorted.length / 2);
  return (at(sorted, upper) + at(sorted, sorted.length - 1 - upper)) / 2;
}

/**
 * The smallest measured value that at least this share of the values doesn't exceed (nearest rank).
 *
 * @param share in (0, 1]
 */
export function quantile(values: readonly number[], share: number): number {
  return at(ascending(values), Math.ceil(share * values.length) - 1);
}

export function spread(values: readonly number[]): Spread {
  return {
    median: median(values),
    lowest: quantile(values, Number.EPSILON),
    highest: quantile(values, 1),
  };
}

export function latency(values: readonly number[]): Latency {
  return { p50: median(values), p99: quantile(values, 0.99) };
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((one, other) => one - other);
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError('Nothing was measured.');
  return value;
}
