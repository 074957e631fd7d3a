import { describe, expect, it } from 'vitest';
import {
  countDeadLetter,
  countResolved,
  emptyCounts,
} from '../../src/workflows/deadLetters/deadLetterCounts.js';

const reference = (key: string, at = '2026-11-23T12:00:00Z') => ({
  deduplicationKey: key,
  reason: 'timeout' as const,
  at,
});

describe('a dead-letter queue’s counts', () => {
  it('follow what is parked and what is resolved', () => {
    const counts = emptyCounts();
    countDeadLetter(counts, reference('a'));
    countDeadLetter(counts, { ...reference('b'), reason: 'not_authorised' });
    expect(counts).toMatchObject({
      open: 2,
      openByReason: { timeout: 1, not_authorised: 1 },
      total: 2,
    });
    countResolved(counts, reference('a'));
    expect(counts).toMatchObject({ open: 1, openByReason: { not_authorised: 1 }, total: 2 });
    expect(counts.openByReason).not.toHaveProperty('timeout');
    expect(counts.recent).toHaveLength(1);
  });

  it('keep the newest hundred references, and never fall below zero', () => {
    const counts = emptyCounts();
    for (let index = 0; index < 150; index += 1) countDeadLetter(counts, reference(`${index}`));
    expect(counts.recent).toHaveLength(100);
    expect(counts.recent.at(-1)?.deduplicationKey).toBe('149');
    for (let index = 0; index < 200; index += 1) countResolved(counts, reference(`${index}`));
    expect(counts).toMatchObject({ open: 0, openByReason: {}, recent: [] });
  });
});
