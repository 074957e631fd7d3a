/**
 * Reads the whole state of a message from Temporal's history and pending activities. The history is the only record, and it
 * can be read while no worker runs.
 */
import type { Client } from '@temporalio/client';
import { describeMessage, summarise } from './messageExecution.js';
import { markHeldBack } from './heldBack.js';
import type { MessageRecord } from '../domain/messageState.js';
import { readHistory } from './historyReading.js';
import { decodeEvents, decodePendingActivity, type HistoryEvent } from './messageEvents.js';
import { messageStateAt } from './currentState.js';

export interface RecordedMessage extends MessageRecord {
  /** The history that the record was read from. */
  events: HistoryEvent[];
}

/** Everything that is recorded of a message's newest run; undefined when there is no such message. */
export async function readMessageRecord(
  client: Client,
  deduplicationKey: string,
): Promise<RecordedMessage | undefined> {
  const description = await describeMessage(client, deduplicationKey);
  if (!description) return undefined;
  const handle = client.workflow.getHandle(deduplicationKey, description.runId);
  const history = await handle.fetchHistory();
  // History only grows: cut to its length in the description, both show the same moment.
  const events = history.events?.slice(0, description.historyLength) ?? [];
  const converter = client.options.loadedDataConverter;
  const reading = readHistory(await decodeEvents(converter, events));
  const pending = await Promise.all(
    (description.raw.pendingActivities ?? []).map((each) => decodePendingActivity(converter, each)),
  );
  const state = messageStateAt(reading, pending, summarise(description), new Date());
  const { content, correlation, deliveries: plans } = reading.input;
  return {
    state: { ...state, deliveries: await markHeldBack(client, state.deliveries, plans) },
    moments: reading.moments,
    content,
    correlation,
    runId: description.runId,
    events,
  };
}
