import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartitionOffsets } from '../../../src/queues/kafka/partitionOffsets.js';

/** Records with gaps between their offsets, and the order in which they are settled; not all are. */
const history = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 60 })
  .chain((gaps) =>
    fc.record({
      gaps: fc.constant(gaps),
      settled: fc.shuffledSubarray(gaps.map((_, index) => index)),
      commitEvery: fc.integer({ min: 1, max: 5 }),
    }),
  );

describe('the offsets of a partition', () => {
  it('are committed as far as every record before is settled, whatever the order', () => {
    fc.assert(
      fc.property(history, ({ commitEvery, gaps, settled }) => {
        const offsets = new PartitionOffsets();
        let next = 0n;
        const records = gaps.map((gap) => {
          next += BigInt(gap);
          return { next, settle: offsets.add(next) };
        });
        const done = new Set<number>();
        let committed: bigint | undefined;
        settled.forEach((index, step) => {
          records[index]?.settle();
          done.add(index);
          const firstOpen = records.findIndex((_, each) => !done.has(each));
          const count = firstOpen === -1 ? records.length : firstOpen;
          const contiguous = records[count - 1]?.next;
          const uncommitted = offsets.uncommitted();
          expect(uncommitted ?? committed).toBe(contiguous);
          if (uncommitted !== undefined && step % commitEvery === 0) {
            offsets.committed(uncommitted);
            committed = uncommitted;
          }
          expect(offsets.unsettled).toBe(records.length - done.size);
        });
      }),
    );
  });

  it('are the same when a record is settled twice', () => {
    const offsets = new PartitionOffsets();
    const settleFirst = offsets.add(1n);
    const settleSecond = offsets.add(2n);
    settleSecond();
    settleSecond();
    expect(offsets.uncommitted()).toBeUndefined();
    expect(offsets.unsettled).toBe(1);
    settleFirst();
    expect(offsets.uncommitted()).toBe(2n);
  });

  it('stay right over many thousands of records, beyond what a number can hold', () => {
    const offsets = new PartitionOffsets();
    const first = 2n ** 53n;
    for (let number = 0n; number < 5_000n; number += 1n) offsets.add(first + number)();
    expect(offsets.uncommitted()).toBe(first + 4_999n);
  });
});
