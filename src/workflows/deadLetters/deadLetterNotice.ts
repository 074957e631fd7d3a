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
import { destinationAttribute } from '../../contract/searchAttributes.js';
import type { Workflows } from '../../contract/workflows.js';
import type { DeadLetterReference } from '../../contract/deadLetterQueue.js';
import type { Destination } from '../../domain/destination.js';

/**
 * Signals the destination's `deadLetterQueue`, which is started where it doesn't run yet. The queue is an overview: that
 * it can't be told must never stop a message, so a failure is logged and no more. Not stopped by cancellation.
 */
export async function tellDeadLetterQueue(
  signal: SignalDefinition<[DeadLetterReference]>,
  destination: Destination,
  reference: DeadLetterReference,
): Promise<void> {
  const workflowId = deadLetterQueueId(destination);
  const tell = () => getExternalWorkflowHandle(workflowId).signal(signal, reference);
  await CancellationScope.nonCancellable(async () => {
    try {
      await tell().catch(async () => {
        await startQueue(workflowId, destination);
        await tell();
      });
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('The dead-letter queue could not be told', { workflowId, error });
    }
  });
}

/** Workflow code has no signal-with-start; another message may start the queue at the same moment, which is as good. */
async function startQueue(workflowId: string, destination: Destination): Promise<void> {
  try {
    await startChild<Workflows['deadLetterQueue']>('deadLetterQueue', {
      workflowId,
      args: [{ destination }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      typedSearchAttributes: [{ key: destinationAttribute, value: [destination] }],
      staticSummary: `Dead letters of ${destination}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
