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
  /** The same in every attempt: by it the recipient knows one that it has had. */
  webhookId: string;
  plan: AcknowledgementPlan;
  acknowledgement: Acknowledgement;
}
