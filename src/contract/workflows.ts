/** The workflow types by name: what starts and signals them needs no workflow code, which is in `src/workflows/`. */
import type { AcknowledgementResult } from '../domain/acknowledgement.js';
import type { AcknowledgeSourceInput } from './acknowledge.js';
import type { AccountTroubleInput } from './accountTrouble.js';
import type { BatchInput, BatchProgress } from './batch.js';
import type { ConversationInput } from './conversation.js';
import type { DeadLetterQueueInput } from './deadLetterQueue.js';
import type { DeliverMessageResult, StoredMessageInput } from './deliverMessage.js';
import type { EventGroupInput } from './eventGroup.js';
import type { OverdueMessages } from './notices.js';

export interface Workflows {
  /** One message, to all its destinations. Id: the deduplication key. */
  deliverMessage(input: StoredMessageInput): Promise<DeliverMessageResult>;
  /** The overview of one destination's dead letters; never ends. Id: `deadLetterQueueId(destination)`. */
  deadLetterQueue(input: DeadLetterQueueInput): Promise<never>;
  /** One conversation at one destination, from its first message until it is forgotten. Id: as planned at acceptance. */
  conversation(input: ConversationInput): Promise<void>;
  /** One acknowledgement to one recipient. Id: from `acknowledgementIds`. */
  acknowledgeSource(input: AcknowledgeSourceInput): Promise<AcknowledgementResult>;
  /** One account's trouble, from its first report until the account works again. Id: `accountTroubleId(account)`. */
  accountTrouble(input: AccountTroubleInput): Promise<void>;
  /** The events of a route that belong together, until none has joined for a while. Id: `eventGroupId`. */
  eventGroup(input: EventGroupInput): Promise<void>;
  /** The messages of a batch, until each is started. Id: `batchWorkflowId`. Its chunks of messages follow the input. */
  batch(input: BatchInput, firstChunk: Uint8Array): Promise<BatchProgress>;
  /** The check for overdue messages. Started by the schedule `OVERDUE_CHECK_ID`. */
  findOverdue(): Promise<Pick<OverdueMessages, 'count' | 'keys'>>;
}
