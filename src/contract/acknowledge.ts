import type {
  AcknowledgementRecipient,
  Acknowledgement,
  AcknowledgementPlan,
} from '../domain/acknowledgement.js';
import type { RetryProfile } from '../domain/delivery.js';

export interface AcknowledgeInput {
  webhookId: string;
  recipient: AcknowledgementRecipient;
  retry: RetryProfile;
  acknowledgement: Acknowledgement;
}

export interface AcknowledgeSourceInput {
  /** The same in every attempt, so that the recipient can recognise a repetition. */
  webhookId: string;
  plan: AcknowledgementPlan;
  acknowledgement: Acknowledgement;
}
