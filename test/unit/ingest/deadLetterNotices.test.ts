import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OperatorNotice } from '../../../src/contract/notices.js';
import { DeadLetterNotices } from '../../../src/ingest/deadLetterNotices.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function notices(tell?: () => Promise<unknown>) {
  const told: OperatorNotice[] = [];
  const given = new DeadLetterNotices({
    windowMs: 60_000,
    tell: (notice) => {
      told.push(notice);
      return tell?.() ?? Promise.resolve();
    },
    log: pino({ level: 'silent' }),
  });
  return { notices: given, told };
}

describe('operators', () => {
  it('are notified of the first at once, and of the others of a window together', async () => {
    const { notices: given, told } = notices();
    given.add({ queue: 'main', reason: 'malformed_json' });
    expect(told).toHaveLength(1);
    expect(told[0]?.content.title).toBe('One record of the queue main can’t be accepted');
    for (let count = 0; count < 49; count += 1) {
      given.add({ queue: 'main', reason: count % 7 === 0 ? 'invalid_request' : 'malformed_json' });
    }
    given.add({ queue: 'other', reason: 'malformed_json' });
    expect(told).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toHaveLength(3);
    expect(told[2]?.content.text).toContain('49 records');
    expect(told[2]?.content.text).toContain('`invalid_request`: 7');
    expect(told[2]?.content.text).toContain('`malformed_json`: 42');
    expect(told[2]?.content.text).toContain('sendproof ingest dead-letters replay --queue main');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(told).toHaveLength(3);
    expect(new Set(told.map(({ topic }) => topic)).size).toBe(3);
  });

  it('are notified of the rest when the process stops, and a failure ends nothing', async () => {
    const { notices: given, told } = notices(() => Promise.reject(new Error('away')));
    given.add({ queue: 'main', reason: 'a' });
    given.add({ queue: 'main', reason: 'b' });
    await given.stop();
    expect(told).toHaveLength(2);
    await given.stop();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(told).toHaveLength(2);
  });
});
