import { expect, it } from 'vitest';
import {
  leastFigures,
  leastTable,
  processorSum,
  type CostedRound,
  type Name,
} from '../../bench/leastFigures.js';
import type { Sending } from '../../bench/contestants.js';

function sending(acceptedMs: number): Sending {
  return { key: 'k', sentAt: 0, acceptedMs, completedMs: acceptedMs * 5 };
}

/** Two messages. */
function round(messagesPerSecond: number, own: number): CostedRound {
  const sendings = [sending(1), sending(1)];
  return { messagesPerSecond, sendings, processorMs: { server: 80, own, sender: 4 } };
}

const turns: Record<Name, CostedRound>[] = [
  { bare: round(20, 20), least: round(18, 30), sendproof: round(16, 40) },
  { bare: round(10, 22), least: round(11, 34), sendproof: round(9, 44) },
];
const alone: Record<Name, Sending>[] = [10, 20].map((ms) => ({
  bare: sending(ms),
  least: sending(ms * 1.2),
  sendproof: sending(ms * 1.5),
}));

it('compares the rounds of one turn, and divides by the messages', () => {
  const { contestants, messagesAlone, messagesPerRound } = leastFigures(turns, alone);
  expect([messagesPerRound, messagesAlone]).toEqual([2, 2]);
  expect(contestants.bare.ofBare).toEqual({ median: 1, lowest: 1, highest: 1 });
  expect(contestants.least.ofBare).toEqual({ median: 1, lowest: 0.9, highest: 1.1 });
  expect(contestants.sendproof.ofBare.median).toBeCloseTo(0.85);
  expect(contestants.sendproof.processorMs).toEqual({ server: 40, own: 21, sender: 2 });
  expect(processorSum(contestants.sendproof.processorMs)).toBe(63);
  expect(contestants.sendproof.acceptedMs).toEqual({ p50: 22.5, p99: 30 });
  expect(contestants.least.endToEndMs).toEqual({ p50: 90, p99: 120 });
});

it('shows each beside bare Temporal', () => {
  const table = leastTable(leastFigures(turns, alone), 100, {
    at: '2026-11-27T00:00:00.000Z',
    temporalServer: '1.29.1',
    node: 'v20.20.2',
    platform: 'linux x64',
    processors: 2,
    processorModel: 'model',
    loadAverage: 2,
  });
  expect(table).toContain('2 × model');
  expect(table).toMatch(/messages per second +15\.0 \(1\.00\) +14\.5 \(1\.00\) +12\.5 \(0\.85\)/);
  expect(table).toMatch(/its own process +10\.5 \(1\.00\) +16\.0 \(1\.52\) +21\.0 \(2\.00\)/);
  expect(table).toMatch(/together +52\.5 \(1\.00\) +58\.0 \(1\.10\) +63\.0 \(1\.20\)/);
  expect(table).toMatch(/accepted p99 +20\.0 \(1\.00\) +24\.0 \(1\.20\) +30\.0 \(1\.50\)/);
});
