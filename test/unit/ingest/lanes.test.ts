import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lanes } from '../../../src/ingest/lanes.js';

const LANES = ['a', 'b', 'c', '__proto__'];

describe('lanes', () => {
  it('keep the order within each lane, and end empty', async () => {
    const work = fc.record({
      lanes: fc.uniqueArray(fc.constantFrom<string>(...LANES), { maxLength: 3 }),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(work, { maxLength: 25 }),
        async (scheduler, works) => {
          const lanes = new Lanes();
          const running = new Map<string, number>();
          const begun: number[] = [];
          const all = works.map((each, index) =>
            lanes.run(each.lanes, async () => {
              begun.push(index);
              for (const lane of each.lanes) {
                expect(running.get(lane) ?? 0).toBe(0);
                running.set(lane, 1);
              }
              await scheduler.schedule(Promise.resolve(), `work ${index}`);
              for (const lane of each.lanes) running.set(lane, 0);
              if (each.fails) throw new Error('as it happens');
            }),
          );
          const ended = Promise.allSettled(all);
          await scheduler.waitFor(ended);
          for (const lane of LANES) {
            const inLane = begun.filter((index) => works[index]?.lanes.includes(lane));
            expect(inLane).toEqual(inLane.toSorted((one, other) => one - other));
          }
          expect(begun).toHaveLength(works.length);
          expect(lanes.size).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('let overtake what shares no lane', async () => {
    const lanes = new Lanes();
    let free: () => void = () => undefined;
    const slow = lanes.run(['a'], () => new Promise<void>((resolve) => (free = resolve)));
    await lanes.run(['b'], () => Promise.resolve());
    await lanes.run([], () => Promise.resolve());
    let hasRun = false;
    const next = lanes.run(['b', 'a'], () => {
      hasRun = true;
      return Promise.resolve();
    });
    await new Promise(setImmediate);
    expect(hasRun).toBe(false);
    free();
    await Promise.all([slow, next]);
    expect(hasRun).toBe(true);
  });
});
