/** Reads what Temporal's description of a message's workflow contains, without its history. */
import type {
  Client,
  WorkflowExecutionDescription,
  WorkflowExecutionInfo,
} from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { FailureReason, MessageStatus } from '../domain/delivery.js';
import type { Destination } from '../domain/destination.js';
import {
  deliveryStatusAttribute,
  destinationAttribute,
  failureReasonAttribute,
  sourceAttribute,
  sourceReferenceAttribute,
  traceIdAttribute,
} from '../contract/searchAttributes.js';
import type { MessageMemo } from '../contract/deliverMessage.js';
import type { MessageSummary } from '../domain/messageState.js';
import type { DeadLetterMemo } from '../domain/deadLetter.js';

/** What a description and an entry of a list have in common. */
export type MessageExecution = Omit<WorkflowExecutionInfo, 'raw'> & {
  /** Why some of its memo is missing, with the remedy: set where it can't be decrypted. */
  unreadable?: string;
};

/** The description of a message's newest run; undefined when there is no such message. */
export async function describeMessage(
  client: Client,
  deduplicationKey: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    const description = await client.workflow.getHandle(deduplicationKey).describe();
    return description.type === 'deliverMessage' ? description : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The events of a history before its first decision: started, workflow task scheduled, workflow task started. */
const EVENTS_BEFORE_FIRST_DECISION = 3;

/** The overall status of a message. */
export function messageStatus(execution: MessageExecution): MessageStatus {
  const parkedOrEnded = execution.typedSearchAttributes.get(deliveryStatusAttribute);
  switch (execution.status.name) {
    case 'RUNNING':
      if (parkedOrEnded === 'DeadLettered') return 'dead_lettered';
      if (parkedOrEnded === 'Scheduled') return 'accepted';
      return execution.historyLength <= EVENTS_BEFORE_FIRST_DECISION ? 'accepted' : 'delivering';
    case 'COMPLETED':
      if (parkedOrEnded === 'Muted') return 'muted';
      if (parkedOrEnded === 'Superseded') return 'superseded';
      return parkedOrEnded === 'Grouped' ? 'grouped' : 'confirmed';
    case 'FAILED':
      return parkedOrEnded === 'Expired' ? 'expired' : 'discarded';
    default:
      // Cancelled or terminated by an operator.
      return 'cancelled';
  }
}

export function summarise(execution: MessageExecution): MessageSummary {
  const attributes = execution.typedSearchAttributes;
  const memo = memoOf(execution);
  const status = messageStatus(execution);
  const destinations = memo.destinations ?? attributes.get(destinationAttribute) ?? [];
  const { deadLetters } = (execution.memo ?? {}) as { deadLetters?: DeadLetterMemo[] };
  return {
    deduplicationKey: execution.workflowId,
    ...(memo.givenKey !== undefined && { givenKey: memo.givenKey }),
    status,
    destinations,
    source: memo.source ?? attributes.get(sourceAttribute),
    reference: memo.reference ?? attributes.get(sourceReferenceAttribute),
    traceId: attributes.get(traceIdAttribute),
    conversation: memo.conversation,
    sentBy: memo.sentBy,
    acceptedAt: execution.startTime.toISOString(),
    closedAt: execution.closeTime?.toISOString(),
    deadLetters:
      deadLetters ??
      (status === 'dead_lettered' ? unreadableDeadLetters(execution, destinations) : []),
    ...(execution.unreadable !== undefined && { unreadable: execution.unreadable }),
  };
}

/** Dead letters whose memo can't be decrypted: the search attributes don't say which of several destinations they are of, nor since when. */
function unreadableDeadLetters(
  { startTime, typedSearchAttributes, unreadable }: MessageExecution,
  destinations: readonly string[],
): DeadLetterMemo[] {
  const reason = typedSearchAttributes.get(failureReasonAttribute);
  if (unreadable === undefined || reason === undefined) return [];
  return destinations.map((destination) => ({
    destination: destination as Destination,
    reason: reason as FailureReason,
    detail: unreadable,
    at: startTime.toISOString(),
  }));
}

/** The memo that the message was started with. */
export function memoOf(execution: MessageExecution): Partial<MessageMemo> {
  return execution.memo ?? {};
}
