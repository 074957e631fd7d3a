import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Turnstile, type Turn } from '../../src/accounts/turnstile.js';

let opensAt: number;
let spacingMs: number;
let turnstile: Turnstile;
let passed: string[];

beforeEach(() => {
  vi.useFakeTimers();
  opensAt = performance.now() + 1_000;
  spacingMs = 0;
  passed = [];
  turnstile = new Turnstile(
    () => opensAt,
    (now) => {
      opensAt = now + spacingMs;
    },
  );
});
afterEach(() => {
  vi.useRealTimers();
});

const turn = (change: Partial<Turn> = {}): Turn => ({
  priority: 3,
  dueAt: '2026-11-25T12:00:00.000Z',
  waitsAtMostMs: 60_000,
  signal: new AbortController().signal,
  ...change,
});

function enter(name: string, change: Partial<Turn> = {}): void {
  turnstile.pass(turn(change)).then(
    (isTurn) => passed.push(isTurn ? name : `not ${name}`),
    (error: unknown) => passed.push(`${name}: ${(error as Error).name}`),
  );
}

it('lets pass at once while it is open', async () => {
  opensAt = 0;
  enter('one');
  enter('two');
  await vi.advanceTimersByTimeAsync(0);
  expect(passed).toEqual(['one', 'two']);
});

it('lets pass the most urgent first, and of these the one that was due first, whoever came first', async () => {
  enter('late', { dueAt: '2026-11-25T12:00:03.000Z' });
  enter('early', { dueAt: '2026-11-25T12:00:01.000Z' });
  enter('urgent', { dueAt: '2026-11-25T12:00:09.000Z', priority: 1 });
  enter('middle', { dueAt: '2026-11-25T12:00:02.000Z' });
  enter('middle too', { dueAt: '2026-11-25T12:00:02.000Z' });
  await vi.advanceTimersByTimeAsync(999);
  expect(passed).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(passed).toEqual(['urgent', 'early', 'middle', 'middle too', 'late']);
});

it('keeps the spacing, and does not let a new one overtake those that wait', async () => {
  spacingMs = 100;
  for (const name of ['one', 'two', 'three']) enter(name);
  await vi.advanceTimersByTimeAsync(1_150);
  expect(passed).toEqual(['one', 'two']);
  enter('four');
  await vi.advanceTimersByTimeAsync(50);
  expect(passed).toEqual(['one', 'two', 'three']);
  await vi.advanceTimersByTimeAsync(100);
  expect(passed).toEqual(['one', 'two', 'three', 'four']);
});

it('opens at once when that is updated', async () => {
  opensAt = Number.MAX_SAFE_INTEGER;
  enter('one');
  await vi.advanceTimersByTimeAsync(50_000);
  opensAt = 0;
  turnstile.update();
  await vi.advanceTimersByTimeAsync(0);
  expect(passed).toEqual(['one']);
});

it('turns away who has waited long enough, was cancelled, or waits when it closes', async () => {
  opensAt = Number.MAX_SAFE_INTEGER;
  const controller = new AbortController();
  enter('impatient', { waitsAtMostMs: 5_000 });
  enter('hurried', { waitsAtMostMs: 0 });
  enter('cancelled', { signal: controller.signal });
  enter('patient');
  await vi.advanceTimersByTimeAsync(0);
  controller.abort(new RangeError('cancelled'));
  await vi.advanceTimersByTimeAsync(5_000);
  turnstile.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(passed).toEqual(['not hurried', 'cancelled: RangeError', 'not impatient', 'not patient']);
  expect(await turnstile.pass(turn())).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});
