/**
 * Reads the whole state of a message from Temporal's history and pending activities: the audit trail is the only record,
 * and it answers while no worker runs.
 */
import type { Client } from '@temporalio/client';
import { describeMessage } from './messageExecution.js';
import { readQueueLimits } from '../temporal/queueLimits.js';
import type { DeliveryPlan } from '../contract/deliverMessage.js';
import type { DeliveryState, MessageState, MessageRecord } from '../domain/messageState.js';
import { type HistoryEvent, HistoryReading } from './historyReading.js';

export interface RecordedMessage extends MessageRecord {
  /** The history that the record was read from. */
  events: HistoryEvent[];
}

/** The state of a message's newest run; undefined when there is no such message. */
export async function readMessage(
  client: Client,
  deduplicationKey: string,
): Promise<MessageState | undefined> {
  return (await readMessageRecord(client, deduplicationKey))?.state;
}

/** All that is known of a message's newest run; undefined when there is no such message. */
export async function readMessageRecord(
  client: Client,
  deduplicationKey: string,
): Promise<RecordedMessage | undefined> {
  const description = await describeMessage(client, deduplicationKey);
  if (!description) return undefined;
  const handle = client.workflow.getHandle(deduplicationKey, description.runId);
  const history = await handle.fetchHistory();
  // History only grows: cut to its length at the description, both tell of one moment.
  const events = history.events?.slice(0, description.historyLength) ?? [];
  const reading = new HistoryReading(client.options.loadedDataConverter);
  for (const event of events) await reading.take(event);
  for (const pending of description.raw.pendingActivities ?? []) await reading.takePending(pending);
  const { content, correlation, deliveries } = reading.input;
  const state = reading.state(description);
  await tellHeldBack(client, state, deliveries);
  return {
    state,
    moments: reading.moments,
    content,
    correlation,
    runId: description.runId,
    events,
  };
}

/** Says of what waits for its turn why its queue gives no turns at all: the account is in trouble, or a person stopped it. */
async function tellHeldBack(
  client: Client,
  { deliveries }: MessageState,
  plans: readonly DeliveryPlan[],
): Promise<void> {
  const waiting = new Map<string, DeliveryState[]>();
  for (const [index, delivery] of deliveries.entries()) {
    const { nextAttemptAt, queuedSince } = delivery;
    const taskQueue = plans[index]?.taskQueue;
    if (taskQueue === undefined || (queuedSince ?? nextAttemptAt) === undefined) continue;
    waiting.set(taskQueue, [...(waiting.get(taskQueue) ?? []), delivery]);
  }
  // Many destinations may be one account's, which has one queue.
  await Promise.all(
    [...waiting].map(async ([taskQueue, held]) => {
      const { perQueue, reason } = await readQueueLimits(client, taskQueue);
      if (perQueue !== 0) return;
      for (const delivery of held) delivery.heldBack = reason?.replace(/^sendproof: /, '') ?? '';
    }),
  );
}
