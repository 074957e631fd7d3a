import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { decideEverywhere, decisionId, sizeOf } from '../../src/api/decideEverywhere.js';

const patient = { isFinal: () => false, giveUp: new AbortController().signal, pauseMs: 1 };

describe('a decision for many destinations', () => {
  it('reaches each of them, a few at a time, however often some fail', async () => {
    const failures = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(failures, async (remaining) => {
        let running = 0;
        let most = 0;
        const spread = decideEverywhere(
          [...remaining.keys()],
          async (destination) => {
            running += 1;
            most = Math.max(most, running);
            await Promise.resolve();
            running -= 1;
            if ((remaining[destination] ?? 0) === 0) return;
            remaining[destination] = (remaining[destination] ?? 0) - 1;
            throw new Error('Temporal is away');
          },
          patient,
        );
        await spread.done;
        expect(spread.accepted()).toBe(remaining.length);
        expect(most).toBeLessThanOrEqual(10);
      }),
      { numRuns: 30 },
    );
  });

  it('reaches more destinations than calls may wait, none twice', async () => {
    const decided: number[] = [];
    const spread = decideEverywhere(
      [...Array(2_000).keys()],
      (destination) => Promise.resolve(decided.push(destination)),
      patient,
    );
    await spread.done;
    expect(decided).toHaveLength(2_000);
  });

  it('says how many lack it, when trying ends or one of them refuses it', async () => {
    const giveUp = new AbortController();
    const spread = decideEverywhere(
      ['accepts', 'refuses', 'is away'],
      (destination) =>
        destination === 'accepts' ? Promise.resolve() : Promise.reject(new Error(destination)),
      {
        ...patient,
        isFinal: (error) => (error as Error).message === 'refuses',
        giveUp: giveUp.signal,
      },
    );
    await eventually(() => expect(spread.accepted()).toBe(1));
    giveUp.abort();
    await spread.done;
    expect(spread.accepted()).toBe(1);
    expect(spread.failure()).toBeInstanceOf(Error);
  });

  it.each([1, 2, 520, 100_000])('has an id that says for how many it is: %i', (destinations) => {
    expect(sizeOf(decisionId('3f0c2a3e-5d0b-4f0e-9a57-6d2f6f1f7d11', destinations))).toBe(
      destinations,
    );
    expect(sizeOf('an id of somebody else')).toBe(1);
  });
});
