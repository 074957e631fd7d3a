import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Configuration } from '../config/configuration.js';
import type { AccountId } from '../domain/account.js';
import { messagePage } from '../domain/messagePage.js';
import type {
  AcknowledgementActivities,
  BatchActivities,
  DeliveryActivities,
  WorkflowQueueActivities,
} from '../contract/activities.js';
import type { AccountPacing } from '../accounts/accountPacing.js';
import type { AccountConnection } from '../accounts/accountConnection.js';
import { createAccountRecovery } from './accountRecovery.js';
import { createAcknowledge, type AcknowledgeDependencies } from './acknowledge.js';
import { vaultOf } from '../temporal/erasure/vaultOf.js';
import { NO_CONVERSATIONS } from './conversations.js';
import { createDecideDeadLetters } from './decideDeadLetters.js';
import { createDeliver, type DeliverDependencies } from './deliver.js';
import { createDigestPolicy } from './digestPolicy.js';
import { createJoinGroup } from './joinGroup.js';
import { createPostGroup } from './postGroup.js';
import { createOverdueMessages } from './overdueMessages.js';
import { createServedAccounts } from './servedAccounts.js';
import { createStartBatchMessages, type BatchContext } from './startBatchMessages.js';
import { createTellOperators } from './tellOperators.js';

/** The activities of a delivery task queue. */
export function createDeliveryActivities(dependencies: DeliverDependencies): DeliveryActivities {
  const deliver = createDeliver(dependencies);
  return {
    deliver,
    deliverPart: deliver,
    deliverInConversation: deliver,
    deliverSealed: deliver,
  };
}

/** The activities of the acknowledgements' task queue. */
export function createAcknowledgementActivities(
  dependencies: AcknowledgeDependencies,
): AcknowledgementActivities {
  return { acknowledge: createAcknowledge(dependencies) };
}

/** The activities of the task queue of batches. */
export function createBatchActivities(context: BatchContext): BatchActivities {
  return { startBatchMessages: createStartBatchMessages(context) };
}

/** The activities on the workflows' own task queue: sendproof's own operation. */
export function createWorkflowQueueActivities(dependencies: {
  client: Client;
  configuration: Configuration;
  connections: ReadonlyMap<AccountId, AccountConnection>;
  pacing: AccountPacing;
  log: Logger;
}): WorkflowQueueActivities {
  return {
    overdueMessages: createOverdueMessages(dependencies),
    ...createDecideDeadLetters(dependencies),
    digestPolicy: createDigestPolicy(dependencies.configuration),
    tellOperators: createTellOperators(dependencies),
    joinGroup: createJoinGroup(dependencies),
    postGroup: createPostGroup(dependencies),
    ...createAccountRecovery(dependencies),
    ...createServedAccounts(dependencies),
    ...createDeliveryActivities({
      connectionFor: () => undefined,
      // Nothing is posted.
      pageOf: (deduplicationKey) => messagePage(deduplicationKey, undefined),
      random: Math.random,
      confirmAttempt: () => Promise.resolve('current'),
      conversations: NO_CONVERSATIONS,
      vault: () => vaultOf(dependencies.client),
      report: () => undefined,
    }),
  };
}
