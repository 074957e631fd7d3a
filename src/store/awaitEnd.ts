import { isGrpcCancelledError, type Client } from '@temporalio/client';
import proto from '@temporalio/proto';

/**
 * Resolves when a message's workflow has ended, or the signal is aborted, whichever is first. Temporal itself holds the
 * question until it has the answer (a long poll of about 20 s, after which it is asked again), so however long a wait costs
 * next to nothing.
 */
export async function awaitEnd(
  client: Client,
  { deduplicationKey, runId }: { deduplicationKey: string; runId: string },
  signal: AbortSignal,
): Promise<void> {
  let nextPageToken: Uint8Array | undefined;
  const ask = () =>
    client.workflowService.getWorkflowExecutionHistory({
      namespace: client.workflow.options.namespace,
      execution: { workflowId: deduplicationKey, runId },
      waitNewEvent: true,
      historyEventFilterType:
        proto.temporal.api.enums.v1.HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
      nextPageToken,
    });
  while (!signal.aborted) {
    try {
      const answer = await client.withAbortSignal(signal, ask);
      if ((answer.history?.events?.length ?? 0) > 0) return;
      nextPageToken = answer.nextPageToken;
    } catch (error) {
      // Being aborted is how the wait ends that took too long for its asker.
      if (isGrpcCancelledError(error)) return;
      throw error;
    }
  }
}
