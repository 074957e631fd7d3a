/** People's decisions on all dead letters of some destinations, followed in the memos of the destinations' queues. */
import { WorkflowNotFoundError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import pLimit from 'p-limit';
import type { BulkDecision, DeadLetterQueueMemo } from '../contract/deadLetterQueue.js';
import { destinationAttribute } from '../contract/searchAttributes.js';
import type { Destination } from '../domain/destination.js';

/** A decision as the queue of one of its destinations carries it out. */
export interface DestinationDecision extends BulkDecision {
  destination: Destination;
}

/** Of queues without the decision, as many are read themselves. A namespace may have thousands. */
const MOST_READ = 100;
/** Far longer than visibility lags behind. A destination that lacks an older decision has forgotten it. */
const VISIBLE_AFTER_MS = 10 * 60_000;
/** A quarter of the calls that a client may make at once. */
const AT_ONCE = 10;

/**
 * The progress of a decision at each of its destinations; empty while no queue has it. Visibility may lag behind: where it has the
 * decision at fewer than so many destinations, other queues are described.
 */
export async function followDecision(
  client: Client,
  id: string,
  destinations: number,
): Promise<DestinationDecision[]> {
  const { found, others } = await visibleQueues(client, id);
  const [first] = found;
  const isOld =
    first !== undefined && Date.parse(first.requestedAt) < Date.now() - VISIBLE_AFTER_MS;
  if (isOld || found.length >= destinations) return found;
  const limit = pLimit(AT_ONCE);
  const read = await Promise.all(
    others
      .slice(0, MOST_READ)
      .map((queueId) => limit(async () => await describedDecision(client, queueId, id))),
  );
  return [...found, ...read.flat()];
}

/** The same as far as visibility has it. */
export async function visibleDecision(client: Client, id: string): Promise<DestinationDecision[]> {
  return (await visibleQueues(client, id)).found;
}

async function visibleQueues(client: Client, id: string) {
  const found: DestinationDecision[] = [];
  const others: string[] = [];
  const query = 'WorkflowType = "deadLetterQueue" AND ExecutionStatus = "Running"';
  for await (const queue of client.workflow.list({ query })) {
    const decisions = decisionIn(queue, id);
    if (decisions.length === 0) others.push(queue.workflowId);
    found.push(...decisions);
  }
  return { found, others };
}

async function describedDecision(
  client: Client,
  queueId: string,
  id: string,
): Promise<DestinationDecision[]> {
  try {
    return decisionIn(await client.workflow.getHandle(queueId).describe(), id);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}

/** One at most. */
function decisionIn(
  { memo, typedSearchAttributes }: Pick<WorkflowExecutionInfo, 'memo' | 'typedSearchAttributes'>,
  id: string,
): DestinationDecision[] {
  const { decisions = [] } = (memo ?? {}) as DeadLetterQueueMemo;
  const decision = decisions.find((each) => each.id === id);
  const [destination] = typedSearchAttributes.get(destinationAttribute) ?? [];
  if (!decision || destination === undefined) return [];
  return [{ destination: destination as Destination, ...decision }];
}
