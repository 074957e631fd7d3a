import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pauseAfterHoldMs } from '../../src/workflows/message/deliverActivity.js';

/** The activity is scheduled, started and failed; the timer is started and fires; after each of the two, a workflow task. */
const EVENTS_OF_A_HOLD = 11;
/** Temporal ends a workflow with more events. */
const MOST_EVENTS = 51_200;
const MOST_DESTINATIONS = 20;
const MONTH_MS = 30 * 24 * 3_600_000;

/** How often a delivery is held back in this time, if each time takes so long. */
function holds(durationMs: number, holdMs: number, random: number): number {
  let count = 0;
  for (let heldMs = 0; heldMs < durationMs; count += 1) {
    heldMs += holdMs + (count === 0 ? 1 : pauseAfterHoldMs(heldMs, random));
  }
  return count;
}

it('a delivery that is held back for a year leaves room in its history, however short each hold is', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000, max: 300_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (holdMs, random) => {
        const count = holds(12 * MONTH_MS, holdMs, random);
        expect(count * EVENTS_OF_A_HOLD * MOST_DESTINATIONS).toBeLessThan(MOST_EVENTS);
      },
    ),
  );
});

it('a delivery that was held back is scheduled again at once the first time, and never much later than it was held', () => {
  expect(pauseAfterHoldMs(0, 0.99)).toBeLessThan(10);
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000, max: 12 * MONTH_MS }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (heldMs, random) => {
        expect(pauseAfterHoldMs(heldMs, random)).toBeLessThan(0.13 * heldMs);
      },
    ),
  );
});
