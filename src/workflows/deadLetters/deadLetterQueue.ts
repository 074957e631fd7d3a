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
  isReported,
  overviewOf,
  restoreCounts,
  openCount,
} from './deadLetterCounts.js';
import { nextNoticeAt, addToDigest, clearDigest, keepUnsent, takeDueNotices } from './digest.js';
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

/** Half of the 10,000 signals that Temporal accepts in one run, to leave room for a burst. */
const SIGNALS_PER_RUN = 5_000;

/** The first version of the queue only counted. A queue that it started begins to notify operators with its next dead letter. */
const NOTIFIES_OPERATORS_PATCH = 'tells-operators';
/** One page takes about ten seconds, or as long as slow workers need for it: its attempts then take less than half a minute each. A lost worker is detected by its heartbeat. */
const PAGE_OPTIONS = {
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
} as const;
const { decideDeadLetters } = proxyActivities<WorkflowQueueActivities>(PAGE_OPTIONS);
/** There may be hundreds of pages, and they share their workers with activities that take milliseconds: these go first. */
const { decidePage } = proxyActivities<WorkflowQueueActivities>({
  ...PAGE_OPTIONS,
  priority: { priorityKey: 5 },
});
/** Reads a few pages of Temporal's list, each of which may have to wait for its turn. */
const { planDecision } = proxyActivities<WorkflowQueueActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});
const { digestPolicy } = proxyActivities<WorkflowQueueActivities>({
  startToCloseTimeout: '10 seconds',
});
/**
 * A notice that can't be sent in this time is kept and sent later. Short, because the queue can't continue as new meanwhile, and
 * its signals would fill the history.
 */
const { tellOperators } = proxyActivities<WorkflowQueueActivities>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '2 minutes',
});

/** The first versions of the queue dropped a notice that could not be sent. */
const KEEPS_NOTICES_PATCH = 'keeps-notices';

/** The first versions applied a decision to one page after the other. */
const DECIDES_PAGES_AT_ONCE_PATCH = 'decides-pages-at-once';

/** The state of a queue, which its handlers change and its loops read. */
interface Queue {
  readonly destination: Destination;
  readonly counts: DeadLetterCounts;
  readonly digest: DigestState;
  readonly decisions: BulkDecisions;
  /** Whether this run should continue as new. */
  isFull: () => boolean;
}

/**
 * The overview of one destination's dead letters, started by the first of them. The dead letters themselves are the
 * parked `deliverMessage` workflows: this one holds references and counts, never content, and runs for ever. It notifies
 * the operators, and applies bulk decisions.
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
    if (isReported(reference)) addToDigest(queue.digest, reference);
  });
  setHandler(resolvedSignal, (reference) => {
    signals += 1;
    countResolved(queue.counts, reference);
    if (openCount(queue.counts) === 0) clearDigest(queue.digest);
  });
  const validator = validateBulkRequest;
  setHandler(retryAllUpdate, (request) => acceptDecision(queue, 'retry', request), { validator });
  setHandler(discardAllUpdate, (request) => acceptDecision(queue, 'discard', request), {
    validator,
  });

  // Both end when the run is full and nothing is in progress. What remains is carried over to the next run.
  await Promise.all([notifyOperators(queue), applyDecisions(queue)]);
  await condition(allHandlersFinished);
  const { destination, counts, digest } = queue;
  const decisions = queue.decisions.all();
  const next = makeContinueAsNewFunc<Workflows['deadLetterQueue']>({ memo: memoOf(queue) });
  return await next({ destination, counts, digest, decisions });
}

function acceptDecision(
  queue: Queue,
  action: BulkDecision['action'],
  request: BulkRequest,
): BulkDecision {
  const decision = queue.decisions.add(action, request, new Date(), uuid4);
  upsertMemo(memoOf(queue));
  return decision;
}

function memoOf({ decisions }: Queue): DeadLetterQueueMemo & Record<string, unknown> {
  return { decisions: decisions.all() };
}

/** Applies the accepted decisions, one after the other. */
async function applyDecisions(queue: Queue): Promise<void> {
  const { decisions, destination } = queue;
  for (;;) {
    await condition(() => queue.isFull() || decisions.current() !== undefined);
    const decision = decisions.current();
    if (queue.isFull() || !decision) return;
    if (patched(DECIDES_PAGES_AT_ONCE_PATCH)) {
      await applyToNextPages(queue, decision);
      continue;
    }
    const page = await decideDeadLetters({ destination, ...decision });
    decisions.recordPage(decision, page, new Date());
    upsertMemo(memoOf(queue));
  }
}

/**
 * Applies a decision to the next few pages, each in an activity of its own, so that several workers share them. The decision's
 * cursor moves when all of them are done, so the next run, or a worker of an earlier version, can continue there.
 */
async function applyToNextPages(queue: Queue, decision: BulkDecision): Promise<void> {
  const { decisions, destination } = queue;
  const { action, by, reason, filter, cursor } = decision;
  const plan = await planDecision({ destination, filter, cursor });
  await Promise.all(
    plan.pages.map(async (page) => {
      const { perSecond } = plan;
      const { decided } = await decidePage({
        ...{ destination, action, by, reason, filter, page, perSecond },
      });
      decision.decided += decided;
      upsertMemo(memoOf(queue));
    }),
  );
  decisions.recordPage(decision, { decided: 0, cursor: plan.cursor }, new Date());
  upsertMemo(memoOf(queue));
}

/** Sends digests of new dead letters, and reminders of those that stay open for too long. */
async function notifyOperators(queue: Queue): Promise<void> {
  const { counts, digest, destination } = queue;
  for (;;) {
    // `patched` writes a marker, which a predicate should not do. It has to stay here: a queue of the first form has handled
    // signals without the marker, so the question must be asked again after the handlers of each later task. And histories
    // have the marker after the commands of those handlers and before those of both loops. Asked in a handler, or after the
    // wait, it would be written in another place, and an update in the same task could no longer be replayed.
    await condition(
      () => queue.isFull() || (openCount(counts) > 0 && patched(NOTIFIES_OPERATORS_PATCH)),
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
    const failures = digest.unsent?.failures ?? 0;
    const unsent: OperatorNotice[] = [];
    for (const notice of takeDueNotices(digest, counts, destination, policy, new Date())) {
      if (!(await isSent(notice))) unsent.push(notice);
    }
    // Once all dead letters are resolved there is nothing to report any more.
    const isKept = unsent.length > 0 && patched(KEEPS_NOTICES_PATCH) && openCount(counts) > 0;
    if (isKept) keepUnsent(digest, unsent, failures, new Date());
  }
}

/** A notice that can't be sent must not stop the queue. */
async function isSent(notice: OperatorNotice): Promise<boolean> {
  try {
    await tellOperators(notice);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('The operators could not be notified of dead letters', { topic: notice.topic, error });
    return false;
  }
}
