import type { BatchSlice } from '../../contract/batch.js';

/**
 * So few that a slice takes a second or two: a worker that is lost costs no more than that, and batches take turns. So many that a
 * batch of 1,000 messages has some 150 events.
 */
const SLICE_SIZE = 50;

/** All messages in their order. A slice is within one chunk. */
export function slicesOf(chunkSizes: readonly number[]): BatchSlice[] {
  return chunkSizes.flatMap((size, chunk) =>
    Array.from({ length: Math.ceil(size / SLICE_SIZE) }, (_, slice) => {
      const from = slice * SLICE_SIZE;
      return { chunk, from, count: Math.min(SLICE_SIZE, size - from) };
    }),
  );
}
