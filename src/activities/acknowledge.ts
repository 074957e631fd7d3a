import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { AcknowledgementError, type AcknowledgementResult } from '../domain/acknowledgement.js';
import { createSendCallback } from '../acknowledgements/callback.js';
import { createWritePagerDutyNote, type WriteNote } from '../acknowledgements/pagerDutyNote.js';
import type { RetryProfile } from '../domain/delivery.js';
import type { AttemptReport } from '../telemetry/attemptReport.js';
import { nextAttemptDelayMs } from '../domain/backoff.js';
import type { AcknowledgeInput } from '../contract/acknowledge.js';
import type { AcknowledgementSettings } from '../acknowledgements/policy.js';

export interface AcknowledgeDependencies {
  settings: AcknowledgementSettings;
  /** A number in [0, 1). */
  random: () => number;
  /** Is told of every attempt that came to an outcome. */
  report: AttemptReport['acknowledgement'];
}

/**
 * Makes the activity that tells a recipient what became of a message: one call is one attempt. It resolves once the
 * recipient has it, or throws an ApplicationFailure that has an `AcknowledgementFailure` as its type and, where trying again
 * may help, the delay before the next attempt.
 */
export function createAcknowledge({ settings, random, report }: AcknowledgeDependencies) {
  const tell = createTell(settings);
  return async function acknowledge(input: AcknowledgeInput): Promise<AcknowledgementResult> {
    const { attempt } = activityInfo();
    const startedAt = performance.now();
    const made = () => ({
      number: attempt,
      durationMs: Math.round(performance.now() - startedAt),
    });
    try {
      const httpStatus = await tell(input);
      report(input, { ...made(), outcome: 'delivered', httpStatus });
      return { attempts: attempt, httpStatus };
    } catch (error) {
      if (!(error instanceof AcknowledgementError)) throw error;
      const { httpStatus, permanent, reason } = error;
      const outcome = permanent ? 'permanent' : 'transient';
      report(input, { ...made(), outcome, reason, httpStatus });
      throw applicationFailure(error, input.retry, attempt, random());
    }
  };
}

/** Resolves with the HTTP status of the recipient's answer; undefined where it had been told already. */
type Tell = (input: AcknowledgeInput) => Promise<number | undefined>;

function createTell({ callbacks, bySource, requestTimeoutMs }: AcknowledgementSettings): Tell {
  const sendCallback = callbacks && createSendCallback(callbacks, requestTimeoutMs);
  const writeNotes = new Map<string, WriteNote>();
  for (const [source, { pagerduty }] of Object.entries(bySource)) {
    if (pagerduty) writeNotes.set(source, createWritePagerDutyNote(pagerduty, requestTimeoutMs));
  }
  return async ({ recipient, webhookId, acknowledgement }) => {
    switch (recipient.kind) {
      case 'callback':
        if (sendCallback) return await sendCallback({ ...recipient, webhookId, acknowledgement });
        throw notConfigured('acknowledgements.secret and acknowledgements.allowedHosts');
      case 'pagerduty_note': {
        const writeNote = writeNotes.get(recipient.source);
        if (writeNote) return await writeNote({ ...recipient, webhookId, acknowledgement });
        throw notConfigured(`sources.${recipient.source}.pagerduty`);
      }
    }
  };
}

/** Tried again, since a configuration can be mended within the day. */
function notConfigured(field: string): AcknowledgementError {
  return new AcknowledgementError(
    `This worker’s configuration lacks ${field}: nothing was sent. Add it and restart the worker.`,
    { reason: 'not_configured' },
  );
}

function applicationFailure(
  { message, permanent, reason, retryAfterMs }: AcknowledgementError,
  retry: RetryProfile,
  attempt: number,
  random: number,
): ApplicationFailure {
  return ApplicationFailure.create({
    type: reason,
    message,
    nonRetryable: permanent,
    ...(!permanent && { nextRetryDelay: nextAttemptDelayMs(retry, attempt, retryAfterMs, random) }),
    // Neither is news for the worker's error log: the acknowledgement's own workflow tells of it.
    category: ApplicationFailureCategory.BENIGN,
  });
}
