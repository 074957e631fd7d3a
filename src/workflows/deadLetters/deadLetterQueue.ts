import {
  allHandlersFinished,
  condition,
  isCancellation,
  log,
  makeContinueAsNewFunc,
  patched,
  proxyActivities,
  setHandler,
  upsertMemo,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { Workflows } from '../../contract/workflows.js';
import type { WorkflowQueueActivities } from '../../contract/activities.js';
import { BulkDecisions, validateBulkRequest } from './bulkDecisions.js';
import {
  countDeadLetter,
  countResolved,
  isToldOf,
  overviewOf,
  restoreCounts,
  waitingMessages,
} from './deadLetterCounts.js';
import { nextNoticeAt, noteDeadLetter, noteNothingWaits, takeNotices } from './digest.js';
import {
  bulkDecisionsQuery,
  deadLetterCountsQuery,
  deadLetteredSignal,
  discardAllUpdate,
  resolvedSignal,
  retryAllUpdate,
} from '../../contract/signals.js';
import type {
  DeadLetterCounts,
  BulkDecision,
  BulkRequest,
  DigestState,
  DeadLetterQueueInput,
  DeadLetterQueueMemo,
} from '../../contract/deadLetterQueue.js';
import type { OperatorNotice } from '../../contract/notices.js';
import type { Destination } from '../../domain/destination.js';

/** Half of the 10,000 signals that Temporal takes in one run, to leave room for a burst. */
const SIGNALS_PER_RUN = 5_000;

/** Queues of the first form counted, and did no more. One of them takes this up at what it is told next. */
const TELLS_OPERATORS = 'tells-operators';
/** A page of a decision is over in a good ten seconds; a worker that was lost is found out by its heartbeat. */
const { decideDeadLetters } = proxyActivities<WorkflowQueueActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});
const { digestPolicy } = proxyActivities<WorkflowQueueActivities>({
  startToCloseTimeout: '10 seconds',
});
/** Not for ever: what can't be told in an hour is told again with the next digest. */
const { tellOperators } = proxyActivities<WorkflowQueueActivities>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '1 hour',
});

/** All that a queue knows: what its handlers change, and its work goes by. */
interface Queue {
  readonly destination: Destination;
  readonly counts: DeadLetterCounts;
  readonly digest: DigestState;
  readonly decisions: BulkDecisions;
  /** This run has taken as much as it should: it is to be continued as a new one. */
  isFull: () => boolean;
}

/**
 * The overview of one destination's dead letters, started by the first of them. The dead letters themselves are the
 * parked `deliverMessage` workflows: this one holds references and counts, never content, and runs for ever. It tells the
 * operators, and makes people's decisions on all that waits.
 */
export async function deadLetterQueue(input: DeadLetterQueueInput): Promise<never> {
  let signals = 0;
  const queue: Queue = {
    destination: input.destination,
    counts: restoreCounts(input.counts),
    digest: input.digest ?? {},
    decisions: new BulkDecisions(input.decisions),
    isFull: () => workflowInfo().continueAsNewSuggested || signals >= SIGNALS_PER_RUN,
  };

  setHandler(deadLetterCountsQuery, () => overviewOf(queue.counts));
  setHandler(bulkDecisionsQuery, () => queue.decisions.all());
  setHandler(deadLetteredSignal, (reference) => {
    signals += 1;
    countDeadLetter(queue.counts, reference);
    if (isToldOf(reference)) noteDeadLetter(queue.digest, reference);
  });
  setHandler(resolvedSignal, (reference) => {
    signals += 1;
    countResolved(queue.counts, reference);
    if (waitingMessages(queue.counts) === 0) noteNothingWaits(queue.digest);
  });
  const validator = validateBulkRequest;
  setHandler(retryAllUpdate, (request) => takeDecision(queue, 'retry', request), { validator });
  setHandler(discardAllUpdate, (request) => takeDecision(queue, 'discard', request), { validator });

  // Each ends when the run is full, with nothing under way: what is left to do is carried over.
  await Promise.all([tellInTime(queue), makeDecisions(queue)]);
  await condition(allHandlersFinished);
  const { destination, counts, digest } = queue;
  const decisions = queue.decisions.all();
  const next = makeContinueAsNewFunc<Workflows['deadLetterQueue']>({ memo: memoOf(queue) });
  return await next({ destination, counts, digest, decisions });
}

function takeDecision(
  queue: Queue,
  action: BulkDecision['action'],
  request: BulkRequest,
): BulkDecision {
  const decision = queue.decisions.take(action, request, new Date(), uuid4);
  upsertMemo(memoOf(queue));
  return decision;
}

function memoOf({ decisions }: Queue): DeadLetterQueueMemo & Record<string, unknown> {
  return { decisions: decisions.all() };
}

/** Makes the decisions that were taken, page by page. */
async function makeDecisions(queue: Queue): Promise<void> {
  const { decisions, destination } = queue;
  for (;;) {
    await condition(() => queue.isFull() || decisions.current() !== undefined);
    const decision = decisions.current();
    if (queue.isFull() || !decision) return;
    const page = await decideDeadLetters({ destination, ...decision });
    decisions.progress(decision, page, new Date());
    upsertMemo(memoOf(queue));
  }
}

/** Tells the operators what was parked, and reminds them of what waits for too long. */
async function tellInTime(queue: Queue): Promise<void> {
  const { counts, digest, destination } = queue;
  for (;;) {
    await condition(
      () => queue.isFull() || (waitingMessages(counts) > 0 && patched(TELLS_OPERATORS)),
    );
    if (queue.isFull()) return;

    const policy = await digestPolicy();
    const dueAt = () => nextNoticeAt(digest, counts, policy) ?? Number.POSITIVE_INFINITY;
    const waitingFor = dueAt();
    const leftMs = waitingFor - Date.now();
    if (leftMs > 0 && Number.isFinite(leftMs)) {
      await condition(() => queue.isFull() || dueAt() < waitingFor, leftMs);
    }
    if (queue.isFull()) return;
    for (const notice of takeNotices(digest, counts, destination, policy, new Date())) {
      await tell(notice);
    }
  }
}

/** That a notice can't be sent must not stop the queue. */
async function tell(notice: OperatorNotice): Promise<void> {
  try {
    await tellOperators(notice);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('The operators could not be told of dead letters', { topic: notice.topic, error });
  }
}
