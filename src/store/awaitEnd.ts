import { isGrpcCancelledError, type Client } from '@temporalio/client';
import proto from '@temporalio/proto';

/**
 * Resolves when a message's workflow has ended or the signal is aborted, whichever is first. Temporal holds each request
 * until the workflow ends (a long poll of about 20 s, which is then repeated), so even a long wait costs almost nothing.
 */
export async function awaitEnd(
  client: Client,
  { deduplicationKey, runId }: { deduplicationKey: string; runId: string },
  signal: AbortSignal,
): Promise<void> {
  let nextPageToken: Uint8Array | undefined;
  const poll = () =>
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
      const answer = await client.withAbortSignal(signal, poll);
      if ((answer.history?.events?.length ?? 0) > 0) return;
      nextPageToken = answer.nextPageToken;
    } catch (error) {
      // The caller aborts a wait that takes too long.
      if (isGrpcCancelledError(error)) return;
      throw error;
    }
  }
}
