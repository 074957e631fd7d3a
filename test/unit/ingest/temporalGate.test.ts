import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TemporalGate } from '../../../src/ingest/temporalGate.js';

class Away extends Error {}

function gateOf(inFlight: number) {
  const changes: boolean[] = [];
  const gate = new TemporalGate({
    inFlight,
    isAway: (error) => error instanceof Away,
    onChange: ({ isOpen }) => changes.push(isOpen),
    firstPauseMs: 1_000,
    longestPauseMs: 8_000,
  });
  return { gate, changes };
}

const never = new AbortController().signal;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the gate before Temporal', () => {
  it('lets so many through at once', async () => {
    const { gate } = gateOf(3);
    let most = 0;
    let running = 0;
    const all = Array.from({ length: 20 }, () =>
      gate.run(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running -= 1;
      }, never),
    );
    await vi.advanceTimersByTimeAsync(1_000);
    await Promise.all(all);
    expect(most).toBe(3);
  });

  it('tries one now and then while Temporal is away, and then all in their order', async () => {
    const { changes, gate } = gateOf(10);
    let isAway = true;
    let tries = 0;
    const done: number[] = [];
    const all = Array.from({ length: 30 }, (_, index) =>
      gate.run(() => {
        tries += 1;
        if (isAway) return Promise.reject(new Away());
        done.push(index);
        return Promise.resolve();
      }, never),
    );
    await vi.advanceTimersByTimeAsync(0);
    const atOnce = tries;
    expect(atOnce).toBeLessThanOrEqual(10);
    await vi.advanceTimersByTimeAsync(60_000);
    // With pauses of at most 8 s and at least 4 s, after those that grow.
    expect(tries - atOnce).toBeGreaterThan(5);
    expect(tries - atOnce).toBeLessThan(25);
    expect(changes).toEqual([false]);
    isAway = false;
    await vi.advanceTimersByTimeAsync(10_000);
    await Promise.all(all);
    expect(changes).toEqual([false, true]);
    expect(done).toHaveLength(30);
  });

  it('rejects with any other failure at once, and goes on', async () => {
    const { changes, gate } = gateOf(1);
    await expect(gate.run(() => Promise.reject(new Error('wrong')), never)).rejects.toThrow(
      'wrong',
    );
    await expect(gate.run(() => Promise.resolve('right'), never)).resolves.toBe('right');
    expect(changes).toEqual([]);
  });

  it('forgets what is revoked while it waits', async () => {
    const { gate } = gateOf(1);
    const revoked = new AbortController();
    const away = gate.run(() => Promise.reject(new Away()), revoked.signal);
    const waiting = gate.run(() => Promise.resolve(), revoked.signal);
    const outcomes = Promise.allSettled([away, waiting]);
    await vi.advanceTimersByTimeAsync(100);
    revoked.abort(new Error('revoked'));
    const [first, second] = await outcomes;
    expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
    const later = gate.run(() => Promise.resolve('later'), never);
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(later).resolves.toBe('later');
    expect(gate.running).toBe(0);
  });

  it('begins with few when Temporal is back', async () => {
    const { gate } = gateOf(64);
    let isAway = true;
    let running = 0;
    const seen: number[] = [];
    const all = Array.from({ length: 200 }, () =>
      gate.run(async () => {
        if (isAway) throw new Away();
        running += 1;
        seen.push(running);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running -= 1;
      }, never),
    );
    await vi.advanceTimersByTimeAsync(3_000);
    isAway = false;
    await vi.advanceTimersByTimeAsync(60_000);
    await Promise.all(all);
    expect(seen[0]).toBe(1);
    expect(Math.max(...seen.slice(0, 10))).toBeLessThan(12);
    expect(Math.max(...seen)).toBeGreaterThan(30);
  });
});
