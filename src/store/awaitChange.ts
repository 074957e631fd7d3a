import { setMaxListeners } from 'node:events';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { onceAborted } from '../lib/deadline.js';
import type { HistoryEvent } from './messageEvents.js';
import type { RecordedMessage } from './messageHistory.js';

const { HISTORY_EVENT_FILTER_TYPE_ALL_EVENT } = proto.temporal.api.enums.v1.HistoryEventFilterType;

/**
 * Resolves when a message's workflow has ended or has changed its search attributes since the message was read, as it does when
 * it is parked, or when the signal is aborted. Temporal holds each request until the history grows (a long poll of about
 * 20 s, which is then repeated), so even a long wait costs almost nothing.
 *
 * @param client without bounds on its calls, since Temporal holds them
 */
export async function awaitChange(
  client: Client,
  { events, runId, state }: RecordedMessage,
  signal: AbortSignal,
): Promise<void> {
  const following = new AbortController();
  // gRPC adds a listener for each poll.
  setMaxListeners(0, following.signal);
  let forget: () => void = () => undefined;
  const aborted = new Promise<void>((resolve) => {
    forget = onceAborted([signal], () => {
      following.abort();
      resolve();
    });
  });
  const changed = followHistory(client, {
    workflowId: state.deduplicationKey,
    runId,
    known: events.length,
    signal: following.signal,
  }).catch((error: unknown) => {
    // What an aborted call throws depends on the connection.
    if (!following.signal.aborted) throw error;
  });
  try {
    await Promise.race([changed, aborted]);
  } finally {
    forget();
  }
}

async function followHistory(
  client: Client,
  from: { workflowId: string; runId: string; known: number; signal: AbortSignal },
): Promise<void> {
  const { known, runId, signal, workflowId } = from;
  let nextPageToken: Uint8Array | undefined;
  const poll = () =>
    client.workflowService.getWorkflowExecutionHistory({
      namespace: client.workflow.options.namespace,
      execution: { workflowId, runId },
      waitNewEvent: true,
      historyEventFilterType: HISTORY_EVENT_FILTER_TYPE_ALL_EVENT,
      nextPageToken,
    });
  while (!signal.aborted) {
    const answer = await client.withAbortSignal(signal, poll);
    const added = (answer.history?.events ?? []).filter(({ eventId }) => Number(eventId) > known);
    // Without a token the history has ended.
    if (added.some(mayChangeStatus) || answer.nextPageToken.length === 0) return;
    nextPageToken = answer.nextPageToken;
  }
}

/** The events of an end leave a history without a next page. */
function mayChangeStatus(event: HistoryEvent): boolean {
  return !!event.upsertWorkflowSearchAttributesEventAttributes;
}
