/** The `deadLetterQueue` of the first form, as it is open in the field: it counts, and does no more. */
import { condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import {
  countDeadLetter,
  countResolved,
  emptyCounts,
} from '../../src/workflows/deadLetters/deadLetterCounts.js';
import {
  deadLetterCountsQuery,
  deadLetteredSignal,
  resolvedSignal,
} from '../../src/contract/signals.js';
import type { DeadLetterQueueInput } from '../../src/contract/deadLetterQueue.js';

export async function deadLetterQueue(input: DeadLetterQueueInput): Promise<never> {
  const counts = input.counts ?? emptyCounts();
  let signals = 0;
  setHandler(deadLetterCountsQuery, () => ({ ...counts, oldest: undefined, newest: undefined }));
  setHandler(deadLetteredSignal, (reference) => {
    signals += 1;
    countDeadLetter(counts, reference);
  });
  setHandler(resolvedSignal, (reference) => {
    signals += 1;
    countResolved(counts, reference);
  });
  await condition(() => workflowInfo().continueAsNewSuggested || signals >= 5_000);
  return continueAsNew<typeof deadLetterQueue>({ destination: input.destination, counts });
}
