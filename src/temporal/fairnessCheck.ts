/**
 * Detects by an experiment whether a server is fair to fairness keys: it does not report this itself. With
 * `matching.enableFairness` off it accepts keys and their limits without an error, and then lets the tasks of one key wait
 * behind those of another that has used up its limit.
 */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { msToTs } from './sdkInternals.js';

/** So many tasks of one key come first, and then a few that have a key each: enough for a queue in four partitions. */
const NOISY = 40;
const QUIET = 8;
/**
 * Tried on 1.29.1. With one partition every server was classified correctly. With four, every unfair one was (32 of 32 times), and a
 * fair one was missed 2 of 16 times at 0.5, hence less; such a queue then has the limit of its account only.
 */
const FAIR_SHARE = 0.4;
/** Workflows that a killed process leaves behind end after this time. */
const LIFETIME_MS = 60_000;
const TIMEOUT_MS = 20_000;

/**
 * Starts a few workflows of no type that anybody runs, on a task queue that no worker polls, asks in which order their
 * tasks come out, and deletes them. Takes half a second.
 */
export async function isFair(client: Client): Promise<boolean> {
  const { workflowService } = client;
  const { namespace, identity } = client.options;
  const name = `sendproof.fairness-check.${randomUUID()}`;
  const noisy = Array.from({ length: NOISY }, (_, index) => `${name}/noisy-${index}`);
  const quiet = Array.from({ length: QUIET }, (_, index) => `${name}/quiet-${index}`);

  const start = (workflowId: string) =>
    workflowService.startWorkflowExecution({
      namespace,
      identity,
      requestId: randomUUID(),
      workflowId,
      workflowType: { name: 'fairnessCheck' },
      taskQueue: { name },
      priority: { fairnessKey: noisy.includes(workflowId) ? 'noisy' : workflowId.slice(-8) },
      workflowExecutionTimeout: msToTs(LIFETIME_MS),
    });
  const next = async (): Promise<string> => {
    const task = await workflowService.pollWorkflowTaskQueue({
      namespace,
      identity,
      taskQueue: { name },
    });
    return task.workflowExecution?.workflowId ?? '';
  };
  const remove = (workflowId: string) =>
    workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });

  return await client.connection.withDeadline(Date.now() + TIMEOUT_MS, async () => {
    try {
      await Promise.all(noisy.map(start));
      await Promise.all(quiet.map(start));
      const order: string[] = [];
      while (order.length < NOISY + QUIET) order.push(await next());
      return shareOfOvertaking(order, noisy, quiet) > FAIR_SHARE;
    } finally {
      await Promise.allSettled([...noisy, ...quiet].map(remove));
    }
  });
}

/**
 * Of all pairs of an early and a late one, the share in which the late one came out first: nearly all where a server is
 * fair, none or few where it isn't, also when the queue is divided into partitions that are asked in turn.
 */
function shareOfOvertaking(
  order: readonly string[],
  early: readonly string[],
  late: readonly string[],
): number {
  const pairs = early.flatMap((one) =>
    late.map((other) => order.indexOf(other) < order.indexOf(one)),
  );
  return pairs.filter(Boolean).length / pairs.length;
}
