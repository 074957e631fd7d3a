import { parseAccountId, type AccountId } from '../domain/account.js';
import type { AcknowledgementRecipient } from '../domain/acknowledgement.js';
import type { Destination } from '../domain/destination.js';
import { idInTenant } from '../domain/tenant.js';

/** The task queue of the workflows. */
export const WORKFLOW_TASK_QUEUE = 'sendproof';

/** Each account has its own delivery queue, so that its limits and its failures don't affect other accounts. */
export function deliveryTaskQueue(id: AccountId): string {
  const { platform, account } = parseAccountId(id);
  return `${WORKFLOW_TASK_QUEUE}.deliver.${platform}.${account}`;
}

/** The task queue of acknowledgements: slow receivers of callbacks hold up neither workflows nor deliveries. */
export const ACKNOWLEDGEMENT_TASK_QUEUE = `${WORKFLOW_TASK_QUEUE}.acknowledge`;

/** The task queue of the workflows of conversations: many are open for days, and would fill the cache of the other workflows. */
export const CONVERSATION_TASK_QUEUE = `${WORKFLOW_TASK_QUEUE}.converse`;

/** The task queue on which the messages of batches are started: however many batches there are, few are at it at a time. */
export const BATCH_TASK_QUEUE = `${WORKFLOW_TASK_QUEUE}.batch`;

/**
 * The id of an acknowledgement's workflow, and the id that its recipient sees. Unique for callbacks and notes. All targets of `events:`
 * see the same id for one event, which is that of its callback where there is one.
 */
export function acknowledgementIds(
  uuid: string,
  recipient: AcknowledgementRecipient,
): { workflowId: string; webhookId: string } {
  const suffix = recipient.kind === 'event' ? `/${recipient.target}` : '';
  return { workflowId: `sendproof/ack/${uuid}${suffix}`, webhookId: `msg_${uuid}` };
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

/** The place of its destination in the message; NaN of what is no delivery id. */
export function deliveryIndexOf(id: string): number {
  return Number(id.split('.').at(-1));
}

const NOTICE_PREFIX = 'sendproof/notice/';

/** The deduplication key of a notice to the operators. Ordinary messages can't have such a key. */
export function noticeKey(topic: string): string {
  return `${NOTICE_PREFIX}${topic}`;
}

/** Whether this is a notice of sendproof's own. No other notice reports it. */
export function isNotice(deduplicationKey: string): boolean {
  return deduplicationKey.startsWith(NOTICE_PREFIX);
}

export const CONVERSATION_PREFIX = 'sendproof/conversation/';

/**
 * The workflow of a group of events.
 *
 * @param hash of what its events have in common
 */
export function eventGroupId(hash: string): string {
  return `sendproof/group/${hash}`;
}

/** The deduplication key of the message of a group. Ordinary messages can't have such a key. */
export function groupMessageKey({
  id,
  openedAt,
  route,
  tenant,
}: {
  route: string;
  openedAt: string;
  id: string;
  /** Of the events. */
  tenant?: string | undefined;
}): string {
  return idInTenant(tenant, `sendproof/grouped/${route}/${openedAt}/${id}`);
}

export const BATCH_PREFIX = 'sendproof/batch/';

/** The workflow of a batch. */
export function batchWorkflowId(id: string): string {
  return BATCH_PREFIX + id;
}

/** The schedule that looks for overdue messages; the ids of the workflows that it starts have the time appended. */
export const OVERDUE_CHECK_ID = 'sendproof/overdue';

const ACCOUNT_TROUBLE_PREFIX = 'sendproof/account/';

/** The workflow that handles the trouble of one account. */
export function accountTroubleId(account: AccountId): string {
  return `${ACCOUNT_TROUBLE_PREFIX}${account}`;
}

/**
 * The workflow that readiness writes to. Nobody polls its task queue, and its type has no code: it has no task before its
 * start delay is over.
 */
export const WRITE_PROOF = {
  workflowId: 'sendproof/readiness',
  workflowType: 'readinessProof',
  taskQueue: `${WORKFLOW_TASK_QUEUE}.readiness`,
} as const;

/** The workflows of the sessions on the pages. As that of readiness, they have no code, and nobody polls their task queue. */
export const PAGE_SESSION = {
  workflowType: 'pageSession',
  taskQueue: `${WORKFLOW_TASK_QUEUE}.sessions`,
} as const;

/** @param hash of what the browser has: who reads ids in Temporal can't use the session */
export function pageSessionId(hash: string): string {
  return `sendproof/session/${hash}`;
}
