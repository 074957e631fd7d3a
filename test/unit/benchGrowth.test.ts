import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import {
  growthMeasurements,
  growthTable,
  growthTarget,
  type GrowthRound,
  type Usage,
} from '../../bench/growthFigures.js';
import { usageOf } from '../../bench/processUsage.js';

const MIB = 2 ** 20;

function usage(processorMs: number, databaseBytes: number, workers: number): Usage {
  const used = (share: number) => ({
    processorMs: processorMs * share,
    residentBytes: share * 100 * MIB,
  });
  return {
    server: used(1),
    api: used(2),
    workers: Array.from({ length: workers }, (_each, index) => used(3 + index)),
    databaseBytes,
  };
}

/** Two messages, of which each takes 10 ms of the server and 1,000 bytes. */
function round(open: number, workers: number, messagesPerSecond: number): GrowthRound {
  return {
    ...{ open, workers, messagesPerSecond },
    sendings: [20, 40].map((completedMs) => ({
      ...{ key: 'k', sentAt: 1_000, acceptedMs: completedMs / 4, completedMs },
    })),
    before: usage(100, 50_000, workers),
    after: usage(120, 52_000, workers),
  };
}

const ROUNDS = [
  ...[round(100, 1, 50), round(5_000, 1, 40), round(5_000, 1, 60), round(100, 1, 100)],
  ...[round(100, 2, 80), round(5_000, 2, 76)],
];

it('compares the rounds of one turn, and divides by the messages', () => {
  const measurements = growthMeasurements(ROUNDS);
  expect(measurements.map(({ open, workers }) => [open, workers])).toEqual([
    [100, 1],
    [5_000, 1],
    [100, 2],
    [5_000, 2],
  ]);
  expect(measurements[1]).toEqual({
    open: 5_000,
    workers: 1,
    messagesPerSecond: { median: 50, lowest: 40, highest: 60 },
    // 40 beside 50, and 60 beside 100.
    ratio: { median: 0.7, lowest: 0.6, highest: 0.8 },
    acceptedMs: { p50: 7.5, p99: 10 },
    endToEndMs: { p50: 30, p99: 40 },
    processorMs: { server: 10, api: 20, workers: 30 },
    databaseBytesPerMessage: 1_000,
    residentBytes: { server: 100 * MIB, api: 200 * MIB, worker: 300 * MIB },
  });
  expect(measurements[3]).toMatchObject({
    // Of both workers.
    processorMs: { workers: 30 + 40 },
    residentBytes: { worker: 400 * MIB },
  });
});

it('judges the throughput beside the most open messages, whatever the number of workers', () => {
  const target = growthTarget(growthMeasurements(ROUNDS));
  expect(target).toMatchObject({ limit: 0.9, met: false });
  // 0.7 with one worker, 0.95 with two.
  expect(target.figure).toBeCloseTo(0.825);
  const fast = growthMeasurements([round(100, 1, 50), round(5_000, 1, 45)]);
  expect(growthTarget(fast)).toMatchObject({ figure: 0.9, met: true });
  expect(() => growthTarget([])).toThrow(RangeError);
});

it('shows each measurement as a row, and what was missed', () => {
  const fillings = [
    {
      open: 5_000,
      deadLetters: 500,
      scheduled: 4_500,
      scheduledPerSecond: 99.6,
      bytesPerScheduled: 7_000.4,
    },
  ];
  const table = growthTable(growthMeasurements(ROUNDS), fillings);
  expect(table).toMatch(/^5000 +500 +4500 +100 +7000$/m);
  expect(table).toMatch(
    /^5000 +1 +50\.0 +0\.70 +10 +30 +40 +10\.0 +20\.0 +30\.0 +1000 +100 +200 +300$/m,
  );
  expect(table).toMatch(/MISSED$/);
});

it.runIf(process.platform === 'linux')('reads what a group of processes has used', async () => {
  await expect(usageOf(undefined)).rejects.toThrow('has ended');
  // The group of this process has another id than it where it was started by a shell.
  const stat = await readFile('/proc/self/stat', 'utf8');
  const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
  const { processorMs, residentBytes } = await usageOf(group);
  expect(processorMs).toBeGreaterThan(0);
  expect(residentBytes).toBeGreaterThan(MIB);
});
