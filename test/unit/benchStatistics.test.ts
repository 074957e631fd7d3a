import { describe, expect, it } from 'vitest';
import { latency, median, quantile, spread } from '../../bench/statistics.js';

describe('the figures of a series', () => {
  it('have as their median the middle value, whatever the order', () => {
    expect(median([5, 1, 9])).toBe(5);
    expect(median([7])).toBe(7);
  });

  it('have as the median of an even number the mean of the two in the middle', () => {
    expect(median([10, 1, 4, 2])).toBe(3);
  });

  it('have quantiles that were measured: the smallest value with that share at or below it', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(quantile(hundred, 0.5)).toBe(50);
    expect(quantile(hundred, 0.99)).toBe(99);
    expect(quantile(hundred, 1)).toBe(100);
    expect(quantile([3, 1, 2], 0.99)).toBe(3);
  });

  it('sort by size, not as text, and leave the series as it was', () => {
    const series = [10, 9, 2];
    expect(median(series)).toBe(9);
    expect(series).toEqual([10, 9, 2]);
  });

  it('show how far they lie apart', () => {
    expect(spread([3, 1, 2, 10])).toEqual({ median: 2.5, lowest: 1, highest: 10 });
    expect(latency([1, 2, 3, 4])).toEqual({ p50: 2.5, p99: 4 });
  });

  it('do not exist where nothing was measured', () => {
    expect(() => median([])).toThrow('Nothing was measured');
    expect(() => quantile([], 0.5)).toThrow(RangeError);
    expect(() => spread([])).toThrow(RangeError);
  });
});
