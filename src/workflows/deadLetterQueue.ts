import { condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Destination } from '../message.js';
import {
  countDeadLetter,
  countResolved,
  emptyCounts,
  type DeadLetterCounts,
} from './deadLetterCounts.js';
import { deadLetterCountsQuery, deadLetteredSignal, resolvedSignal } from './signals.js';

/** Half of the 10,000 signals that Temporal takes in one run, to leave room for a burst. */
const SIGNALS_PER_RUN = 5_000;

export interface DeadLetterQueueInput {
  destination: Destination;
  /** What the previous run knew. */
  counts?: DeadLetterCounts;
}

/**
 * The overview of one destination's dead letters, started by the first of them. The dead letters themselves are the
 * parked `deliverMessage` workflows: this one holds references and counts, never content, and runs for ever.
 */
export async function deadLetterQueue(input: DeadLetterQueueInput): Promise<never> {
  const counts = input.counts ?? emptyCounts();
  let signals = 0;

  setHandler(deadLetterCountsQuery, () => counts);
  setHandler(deadLetteredSignal, (reference) => {
    signals += 1;
    countDeadLetter(counts, reference);
  });
  setHandler(resolvedSignal, (reference) => {
    signals += 1;
    countResolved(counts, reference);
  });

  await condition(() => workflowInfo().continueAsNewSuggested || signals >= SIGNALS_PER_RUN);
  return continueAsNew<typeof deadLetterQueue>({ destination: input.destination, counts });
}
