import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
} from '@temporalio/client';
import {
  InternalWorkflowStartOptionsSymbol,
  type InternalWorkflowStartOptions,
} from '../temporal/sdkInternals.js';
import type { SearchAttributePair } from '@temporalio/common';
import type { Workflows } from '../contract/workflows.js';
import { messageDetails, messageSummary } from './messageMetadata.js';
import { WORKFLOW_TASK_QUEUE } from '../contract/names.js';
import {
  conversationAttribute,
  deliveryStatusAttribute,
  destinationAttribute,
  sourceAttribute,
  sourceReferenceAttribute,
  traceIdAttribute,
} from '../contract/searchAttributes.js';
import { conversationValue, destinationValues, searchableText } from './searchValues.js';
import {
  plannedDestinations,
  storeMessageInput,
  type DeliverMessageInput,
  type MessageMemo,
  type StoredMessageInput,
} from '../contract/deliverMessage.js';

export interface MessageStart {
  deduplicationKey: string;
  input: DeliverMessageInput;
  memo: MessageMemo;
}

/**
 * Starts the workflow of a message that was never seen before.
 *
 * @returns false when the key is already in use, by an open or a closed workflow
 */
export async function startMessage(client: Client, start: MessageStart): Promise<boolean> {
  try {
    await client.workflow.start<Workflows['deliverMessage']>('deliverMessage', {
      ...startOptions(start),
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/**
 * Starts a new message under a key whose deduplication window has ended. However many callers do so at the same instant,
 * Temporal starts one run: starts with the same request id are one start, and the id is derived from the expired run.
 *
 * @returns false when another start came first, with this request id or a later one
 */
export async function restartMessage(
  client: Client,
  start: MessageStart,
  expiredRunId: string,
): Promise<boolean> {
  const options: InternalWorkflowStartOptions & ReturnType<typeof startOptions> = {
    ...startOptions(start),
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    [InternalWorkflowStartOptionsSymbol]: { requestId: `restart-of-${expiredRunId}` },
  };
  try {
    await client.workflow.start<Workflows['deliverMessage']>('deliverMessage', options);
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
  const { memo } = await client.workflow.getHandle(start.deduplicationKey).describe();
  return memo?.startToken === start.memo.startToken;
}

/** For the memo: what the search attributes have in another form. */
function unsearchable(input: DeliverMessageInput): Partial<MessageMemo> {
  const { reference, source } = input.correlation ?? {};
  const destinations = plannedDestinations(input);
  const differs = (text: string | undefined) => text !== undefined && searchableText(text) !== text;
  return {
    ...(destinationValues(destinations)[0] !== destinations[0] && { destinations }),
    ...(differs(source) && { source }),
    ...(differs(reference) && { reference }),
  };
}

/** As `DeliveryStatus` says it from the start. */
const UNPOSTED = { muted: 'Muted', grouped: 'Grouped' } as const;

function startOptions({ deduplicationKey, input, memo }: MessageStart) {
  const { correlation, deliverAt, deliveries, priority, traceId, unposted } = input;
  const destinations = plannedDestinations(input);
  const typedSearchAttributes: SearchAttributePair[] = [
    { key: destinationAttribute, value: destinationValues(destinations) },
    { key: traceIdAttribute, value: traceId },
  ];
  if (unposted) {
    typedSearchAttributes.push({ key: deliveryStatusAttribute, value: UNPOSTED[unposted.kind] });
  }
  if (correlation?.source) {
    typedSearchAttributes.push({
      key: sourceAttribute,
      value: searchableText(correlation.source),
    });
  }
  if (correlation?.reference) {
    typedSearchAttributes.push({
      key: sourceReferenceAttribute,
      value: searchableText(correlation.reference),
    });
  }
  if (memo.conversation) {
    typedSearchAttributes.push({
      key: conversationAttribute,
      value: conversationValue(memo.conversation.key),
    });
  }
  return {
    workflowId: deduplicationKey,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
    taskQueue: WORKFLOW_TASK_QUEUE,
    args: [storeMessageInput(input)] as [StoredMessageInput],
    memo: { ...memo, ...unsearchable(input) },
    typedSearchAttributes,
    // A thousand messages for one channel, accepted at once, don't delay the start of another channel's.
    priority: { priorityKey: priority, fairnessKey: deliveries[0]?.fairnessKey },
    ...(deliverAt !== undefined && { startDelay: Math.max(0, Date.parse(deliverAt) - Date.now()) }),
    staticSummary: messageSummary(input),
    staticDetails: messageDetails(deduplicationKey, input),
  };
}
