/** Finding messages by why they failed: the search attribute has one reason, the memo that of each dead letter. */
import { failureReasonAttribute } from '../../contract/searchAttributes.js';
import type { MessageSummary } from '../../domain/messageState.js';
import type { MessageExecution } from '../messageExecution.js';
import { quote } from './visibilityText.js';

/** Of several dead letters, `FailureReason` has one’s reason. So this finds all messages that have any: see `hasFailedFor`. */
export function perhapsFailedFor(reason: string): string {
  return `(FailureReason = ${quote(reason)} OR DeliveryStatus = "DeadLettered")`;
}

/** Whether the message has a dead letter with this reason, or expired for it. */
export function hasFailedFor(
  reason: string,
  { typedSearchAttributes }: MessageExecution,
  { deadLetters }: Pick<MessageSummary, 'deadLetters'>,
): boolean {
  return (
    typedSearchAttributes.get(failureReasonAttribute) === reason ||
    deadLetters.some((deadLetter) => deadLetter.reason === reason)
  );
}
