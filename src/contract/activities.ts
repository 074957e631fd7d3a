/** The activities by the task queue that runs them: workflows call them through these types, `src/activities/` has the code. */
import type { AccountId } from '../domain/account.js';
import type { AcknowledgementResult } from '../domain/acknowledgement.js';
import type { AcknowledgeInput } from './acknowledge.js';
import type { BatchMessageResult, BatchSlice } from './batch.js';
import type { CheckResult } from './accountTrouble.js';
import type {
  DecideDeadLettersInput,
  DecideDeadLettersResult,
  DecidePageInput,
  DecidePageResult,
  PlanDecisionInput,
  PlanDecisionResult,
} from './deadLetterQueue.js';
import type { EventWindow } from '../domain/eventGroup.js';
import type { JoinGroupInput, JoinGroupResult } from './eventGroup.js';
import type { DeliverInput, DeliverResult } from './deliver.js';
import type {
  DigestPolicy,
  OperatorNotice,
  OperatorNoticeResult,
  OverdueMessages,
} from './notices.js';

/** On an account's delivery task queue. */
export interface DeliveryActivities {
  /** One attempt to deliver. Fails with an ApplicationFailure as `deliverFailure.ts` reads it. */
  deliver(input: DeliverInput): Promise<DeliverResult>;
  /**
   * The same for what follows the first part of a message. Workers of versions that would post the whole message again don't know
   * the name: they fail the attempt as not registered, and Temporal retries it.
   */
  deliverPart(input: DeliverInput): Promise<DeliverResult>;
  /** The same for all of a message that has a conversation, which workers of versions without conversations would not ask. */
  deliverInConversation(input: DeliverInput): Promise<DeliverResult>;
  /** The same for all of a message with sealed content, which workers of versions without it could not open. */
  deliverSealed(input: DeliverInput): Promise<DeliverResult>;
}

/** Whether an activity of this type is an attempt to deliver. */
export function isDelivery(activityType: string | null | undefined): boolean {
  return DELIVERIES.some((name) => name === activityType);
}

const DELIVERIES: readonly (keyof DeliveryActivities)[] = [
  'deliver',
  'deliverPart',
  'deliverInConversation',
  'deliverSealed',
];

/** On the task queue of acknowledgements. */
export interface AcknowledgementActivities {
  /** One attempt to acknowledge an event to its recipient. */
  acknowledge(input: AcknowledgeInput): Promise<AcknowledgementResult>;
}

/** On the task queue of batches. */
export interface BatchActivities {
  /** Starts some messages of the batch that it is called by, and resolves with what became of each. */
  startBatchMessages(slice: BatchSlice): Promise<BatchMessageResult[]>;
}

/**
 * On the task queue of the workflows: sendproof's own operation. Deliveries are there too, for those whose account was removed:
 * they fail with `account_not_configured`.
 */
export interface WorkflowQueueActivities extends DeliveryActivities {
  /** Adds an event to its group, which is started where there is none. */
  joinGroup(input: JoinGroupInput): Promise<JoinGroupResult>;
  /** Sends the message of a group whose window has ended. */
  postGroup(window: EventWindow): Promise<void>;
  /** Finds messages that are neither delivered nor parked long after they were due. */
  overdueMessages(): Promise<OverdueMessages>;
  /** Reads where the next pages of dead letters begin and end that a decision means. */
  planDecision(input: PlanDecisionInput): Promise<PlanDecisionResult>;
  /** Applies a decision to one of these pages. */
  decidePage(input: DecidePageInput): Promise<DecidePageResult>;
  /** Applies a decision to the next page of a destination's dead letters. For queues that began with one page at a time. */
  decideDeadLetters(input: DecideDeadLettersInput): Promise<DecideDeadLettersResult>;
  /** What the configuration says about digests: workflows can't read it themselves. */
  digestPolicy(): Promise<DigestPolicy>;
  /** Sends a notice to the operators' destinations. */
  tellOperators(notice: OperatorNotice): Promise<OperatorNoticeResult>;
  /**
   * Stops an account's task queue, or sets its limit again.
   *
   * @param share 0 stops it; everything else sets the configured limit (earlier releases had shares of it)
   * @param reason shown to people with the limit
   */
  paceAccount(account: AccountId, share: number, reason: string): Promise<void>;
  /** Whether a worker has this account. */
  isAccountServed(account: AccountId): Promise<boolean>;
  /** Signals the messages that wait for an account which no worker has, and resolves with their number. */
  releaseUnserved(): Promise<number>;
  /** Reads the account's credentials again, and asks the platform whether they work. */
  checkAccount(account: AccountId): Promise<CheckResult>;
}
