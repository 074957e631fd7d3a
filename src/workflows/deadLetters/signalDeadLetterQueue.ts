import {
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  ParentClosePolicy,
  startChild,
  type SignalDefinition,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { deadLetterQueueId } from '../../contract/names.js';
import { summary } from '../../contract/userMetadata.js';
import { destinationAttribute } from '../../contract/searchAttributes.js';
import type { Workflows } from '../../contract/workflows.js';
import type { DeadLetterReference } from '../../contract/deadLetterQueue.js';
import type { Destination } from '../../domain/destination.js';

/**
 * Signals the destination's `deadLetterQueue`, and starts it where it doesn't run yet. The queue is only an overview, so a
 * failure to signal it is logged and never stops a message. Not stopped by cancellation.
 */
export async function signalDeadLetterQueue(
  signal: SignalDefinition<[DeadLetterReference]>,
  destination: Destination,
  reference: DeadLetterReference,
): Promise<void> {
  const workflowId = deadLetterQueueId(destination);
  const sendSignal = () => getExternalWorkflowHandle(workflowId).signal(signal, reference);
  await CancellationScope.nonCancellable(async () => {
    try {
      await sendSignal().catch(async () => {
        await startQueue(workflowId, destination);
        await sendSignal();
      });
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('The dead-letter queue could not be signalled', { workflowId, error });
    }
  });
}

/** Workflow code has no signal-with-start. Another message may start the queue at the same moment: that is no error. */
async function startQueue(workflowId: string, destination: Destination): Promise<void> {
  try {
    await startChild<Workflows['deadLetterQueue']>('deadLetterQueue', {
      workflowId,
      args: [{ destination }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      typedSearchAttributes: [{ key: destinationAttribute, value: [destination] }],
      staticSummary: summary('Dead letters of ', destination),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
