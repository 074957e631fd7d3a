/**
 * Reads the whole state of a message from Temporal's history and pending activities. The history is the only record, and it
 * can be read while no worker runs.
 */
import type { Client } from '@temporalio/client';
import { describeMessage, summarise } from './messageExecution.js';
import { markHeldBack } from './heldBack.js';
import type { ContentState, MessageRecord } from '../domain/messageState.js';
import type { Content } from '../domain/message.js';
import { isSealed, type StoredContent } from '../domain/sealedContent.js';
import { UnreadableContent } from '../temporal/encryption/unreadableContent.js';
import type { ContentVault } from '../temporal/erasure/contentVault.js';
import { ContentErased } from '../temporal/erasure/unavailableContent.js';
import { vaultOf } from '../temporal/erasure/vaultOf.js';
import { readHistory } from './historyReading.js';
import { openContent } from './sealedMessages.js';
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
  const { correlation, deliveries: plans } = reading.input;
  const { content, ...contentState } = await readContent(
    () => vaultOf(client),
    deduplicationKey,
    reading.input.content,
  );
  return {
    state: {
      ...state,
      ...contentState,
      deliveries: await markHeldBack(client, state.deliveries, plans),
    },
    moments: reading.moments,
    content,
    correlation,
    runId: description.runId,
    events,
  };
}

/** The content, or why it can't be had. */
async function readContent(
  vault: () => ContentVault,
  deduplicationKey: string,
  stored: StoredContent,
): Promise<ContentState & { content: Content | undefined; unreadable?: string }> {
  const contentUntil = isSealed(stored) ? stored.until : undefined;
  const until = contentUntil === undefined ? {} : { contentUntil };
  try {
    return { content: await openContent(vault, deduplicationKey, stored), ...until };
  } catch (error) {
    if (error instanceof ContentErased) return { content: undefined, contentErased: error.erasure };
    if (!(error instanceof UnreadableContent)) throw error;
    return { content: undefined, ...until, unreadable: error.message };
  }
}
