/** Reads the status of a message's acknowledgements from Temporal, whether or not a worker runs. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import { optionalTsToDate } from '../temporal/sdkInternals.js';
import { decodeFailure, decodeValues } from './payloads.js';
import type { HistoryEvent } from './messageEvents.js';
import type { temporal } from '@temporalio/proto';
import { recipientName } from '../domain/acknowledgement.js';
import type { Workflows } from '../contract/workflows.js';
import type { AcknowledgeSourceInput } from '../contract/acknowledge.js';
import type { AcknowledgementState } from '../domain/messageState.js';

/**
 * The acknowledgements that a message has started, in their order.
 *
 * @param events the history of the message's workflow
 */
export async function readAcknowledgements(
  client: Client,
  events: readonly HistoryEvent[],
): Promise<AcknowledgementState[]> {
  const started = new Set<string>();
  const begun: HistoryEvent[] = [];
  for (const event of events) {
    const execution = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
    if (execution?.workflowId) started.add(execution.workflowId);
    const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
    if (initiated?.workflowType?.name === 'acknowledgeSource') begun.push(event);
  }
  return await Promise.all(
    begun.map(async (event) => {
      const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
      const workflowId = initiated?.workflowId ?? '';
      const [input] = await decodeValues<[AcknowledgeSourceInput]>(
        client.options.loadedDataConverter,
        initiated?.input,
      );
      const { acknowledgement, plan } = input;
      return {
        workflowId,
        event: acknowledgement.type,
        via: plan.recipient.kind,
        recipient: recipientName(plan.recipient),
        at: acknowledgement.timestamp,
        // Before that event, the start is recorded and Temporal is about to make it.
        ...(started.has(workflowId)
          ? await readProgress(client, workflowId)
          : { status: 'pending' as const, attempts: 0 }),
      };
    }),
  );
}

type Progress = Pick<
  AcknowledgementState,
  'status' | 'attempts' | 'closedAt' | 'nextAttemptAt' | 'lastError'
>;

/** Of the newest run: a person may have reset one whose attempts had ended. */
async function readProgress(client: Client, workflowId: string): Promise<Progress> {
  const handle = client.workflow.getHandle<Workflows['acknowledgeSource']>(workflowId);
  try {
    const { raw, closeTime } = await handle.describe();
    if (closeTime === undefined) {
      return await pendingProgress(client.options.loadedDataConverter, raw.pendingActivities?.[0]);
    }
    const { events } = await handle.fetchHistory();
    return {
      ...(await closedProgress(client.options.loadedDataConverter, events ?? [])),
      closedAt: closeTime.toISOString(),
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { status: 'forgotten', attempts: 0 };
    throw error;
  }
}

async function pendingProgress(
  converter: LoadedDataConverter,
  activity: temporal.api.workflow.v1.IPendingActivityInfo | undefined,
): Promise<Progress> {
  const failure = await decodeFailure(converter, activity?.lastFailure);
  const next = failure ? optionalTsToDate(activity?.nextAttemptScheduleTime) : undefined;
  return {
    status: 'pending',
    // Temporal's count includes the next attempt.
    attempts: Math.max(0, (activity?.attempt ?? 1) - 1),
    nextAttemptAt: next?.toISOString(),
    lastError: failure?.message,
  };
}

async function closedProgress(
  converter: LoadedDataConverter,
  events: readonly HistoryEvent[],
): Promise<Progress> {
  const attempts = events.findLast((event) => event.activityTaskStartedEventAttributes)
    ?.activityTaskStartedEventAttributes?.attempt;
  const failed =
    events.findLast((event) => event.activityTaskFailedEventAttributes)
      ?.activityTaskFailedEventAttributes ??
    events.findLast((event) => event.activityTaskTimedOutEventAttributes)
      ?.activityTaskTimedOutEventAttributes;
  const completed = events.at(-1)?.workflowExecutionCompletedEventAttributes;
  const failure = await decodeFailure(converter, failed?.failure);
  return {
    status: completed ? 'delivered' : 'failed',
    attempts: attempts ?? 0,
    lastError: completed ? undefined : causeMessage(failure),
  };
}

/** The failure of an activity that timed out has the last attempt's failure as its cause. */
function causeMessage(failure: Error | undefined): string | undefined {
  return failure?.cause instanceof Error ? failure.cause.message : failure?.message;
}
