/** Reports each attempt in one log line and in the counters. Never content, a URL or a platform's own words. */
import type { Logger } from 'pino';
import type { DeliverInput } from '../contract/deliver.js';
import type { AcknowledgementFailure } from '../domain/acknowledgement.js';
import type { Attempt } from '../domain/delivery.js';
import { NO_REASON, type Metrics } from './metrics.js';
import type { AcknowledgeInput } from '../contract/acknowledge.js';
import { partsOf } from '../domain/destination.js';

export interface AcknowledgementAttempt {
  /** As Temporal counts them. */
  number: number;
  durationMs: number;
  outcome: 'delivered' | 'transient' | 'permanent';
  reason?: AcknowledgementFailure | undefined;
  httpStatus?: number | undefined;
  /** Set where it failed and no other follows: the acknowledgement is given up. */
  isLast?: true | undefined;
}

export interface AttemptReport {
  delivery: (deduplicationKey: string, input: DeliverInput, attempt: Attempt) => void;
  acknowledgement: (input: AcknowledgeInput, attempt: AcknowledgementAttempt) => void;
}

export function createAttemptReport(metrics: Metrics, log: Logger): AttemptReport {
  return {
    delivery: (deduplicationKey, input, attempt) => {
      const { destination, deliveryId, dueAt, traceId } = input;
      const { platform } = partsOf(input);
      const { outcome, part, reason = NO_REASON } = attempt;
      metrics.attempts.inc({ platform, outcome, reason });
      const isConfirmed = outcome === 'delivered' && part?.number === part?.of;
      if (isConfirmed && dueAt !== undefined) {
        const seconds = Math.max(0, Date.now() - Date.parse(dueAt)) / 1_000;
        metrics.timeToConfirm.observe({ platform }, seconds);
      }
      log.info(
        { deduplicationKey, traceId, deliveryId, destination, ...attempt },
        'Delivery attempted',
      );
    },
    acknowledgement: ({ webhookId, recipient, acknowledgement }, attempt) => {
      const { type: event, data } = acknowledgement;
      const { deduplicationKey, traceId } = data;
      const { isLast, outcome, reason = NO_REASON } = attempt;
      // Only the recipient's kind is logged: the path of a callback's URL may be a secret.
      const line = { deduplicationKey, traceId, webhookId, event, recipient: recipient.kind };
      if (recipient.kind === 'event') {
        const { target } = recipient;
        const became = outcome === 'delivered' ? outcome : isLast ? 'given_up' : 'retried';
        metrics.eventAttempts.inc({ target, event, outcome: became, reason });
        log.info({ ...line, target, ...attempt }, 'Event attempted');
      } else {
        metrics.acknowledgementAttempts.inc({ event, outcome, reason });
        log.info({ ...line, ...attempt }, 'Acknowledgement attempted');
      }
      if (isLast) log.error({ ...line, reason }, 'Acknowledgement given up');
    },
  };
}
