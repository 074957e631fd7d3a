import { describe, expect, it } from 'vitest';
import { busiest, busiestSecond, perSecond, running } from '../../bench/calls.js';
import { lineChart } from '../../bench/chart.js';

describe('calls over time', () => {
  it('have a busiest second, wherever it begins', () => {
    expect(busiestSecond([900, 0, 1_100, 1_500, 1_899, 3_000])).toBe(4);
    expect(busiestSecond([0, 1_000])).toBe(1);
    expect(busiestSecond([])).toBe(0);
    expect(busiest([900, 0, 1_100, 1_500, 1_899, 3_000], 2_000)).toBe(5);
  });

  it('are counted in each second, those without any too', () => {
    expect(perSecond([100, 200, 2_100], 100)).toEqual([
      [0, 2],
      [1, 0],
      [2, 1],
    ]);
    expect(perSecond([], 0)).toEqual([]);
  });

  it('add up', () => {
    expect(running([2_000, 1_000], 1_000)).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });
});

describe('a chart', () => {
  const chart = {
    title: 'Posts <here>',
    xLabel: 'seconds',
    yLabel: 'posts & calls',
    series: [
      { name: 'posted', points: [[0, 0] as const, [30, 300] as const] },
      { name: 'allowed', reference: true, points: [[0, 20] as const, [28, 300] as const] },
    ],
  };

  it('draws each series, with round numbers at the axes, and escapes what it is told', () => {
    const svg = lineChart(chart);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).toContain('>500</text>');
    expect(svg).toContain('>50</text>');
    expect(svg).toContain('stroke-dasharray');
    expect(svg).toContain('Posts &#60;here&#62;');
    expect(svg).not.toContain('NaN');
  });

  it('needs a point', () => {
    expect(() => lineChart({ ...chart, series: [] })).toThrow(RangeError);
  });
});
