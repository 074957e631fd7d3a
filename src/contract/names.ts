import { parseAccountId, type AccountId } from '../domain/account.js';
import type { Destination } from '../domain/destination.js';

/** The task queue of the workflows. */
export const WORKFLOW_TASK_QUEUE = 'sendproof';

/** Each account delivers on a queue of its own, so that it has limits of its own and its troubles stay its own. */
export function deliveryTaskQueue(id: AccountId): string {
  const { platform, account } = parseAccountId(id);
  return `${WORKFLOW_TASK_QUEUE}.deliver.${platform}.${account}`;
}

/** The task queue of acknowledgements: slow receivers of callbacks hold up neither workflows nor deliveries. */
export const ACKNOWLEDGEMENT_TASK_QUEUE = `${WORKFLOW_TASK_QUEUE}.acknowledge`;

/** The workflow that makes one acknowledgement, and by which its recipient knows it: no two are ever the same. */
export function acknowledgementIds(uuid: string): { workflowId: string; webhookId: string } {
  return { workflowId: `sendproof/ack/${uuid}`, webhookId: `msg_${uuid}` };
}

const DEAD_LETTER_QUEUE_PREFIX = 'dlq/';

export function deadLetterQueueId(destination: Destination): string {
  return `${DEAD_LETTER_QUEUE_PREFIX}${destination}`;
}

/**
 * Identifies one delivery across attempts, workers and people's retries, unguessably: the run id that the message's
 * workflow began with, and the place of the destination in the message.
 */
export function deliveryId(firstExecutionRunId: string, index: number): string {
  return `${firstExecutionRunId}.${index}`;
}

const NOTICE_PREFIX = 'sendproof/notice/';

/** The deduplication key of a notice to the operators: ordinary messages can't have such a key. */
export function noticeKey(topic: string): string {
  return `${NOTICE_PREFIX}${topic}`;
}

/** Whether this is a message of sendproof's own, about which nobody is to be told by another one. */
export function isNotice(deduplicationKey: string): boolean {
  return deduplicationKey.startsWith(NOTICE_PREFIX);
}

/** The schedule that looks for overdue messages; the workflows that it starts have the time appended. */
export const OVERDUE_CHECK_ID = 'sendproof/overdue';

const ACCOUNT_TROUBLE_PREFIX = 'sendproof/account/';

/** The workflow that sees an account through a trouble of its own. */
export function accountTroubleId(account: AccountId): string {
  return `${ACCOUNT_TROUBLE_PREFIX}${account}`;
}
