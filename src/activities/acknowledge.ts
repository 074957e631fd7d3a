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
import type { EventTargets } from './eventTargets.js';

export interface AcknowledgeDependencies {
  /** As they are now. */
  settings: () => AcknowledgementSettings;
  /** Writes the event to its target. */
  publish: EventTargets['publish'];
  /** A number in [0, 1). */
  random: () => number;
  /** Is called with every attempt that has an outcome. */
  report: AttemptReport['acknowledgement'];
}

/**
 * Makes the activity that acknowledges an event to a recipient: one call is one attempt. It resolves once the recipient has
 * accepted it, or throws an ApplicationFailure with an `AcknowledgementFailure` as its type and, where a retry may help, the
 * delay before the next attempt.
 */
export function createAcknowledge({ publish, settings, random, report }: AcknowledgeDependencies) {
  const sender = senderOf(settings, publish);
  return async function acknowledge(input: AcknowledgeInput): Promise<AcknowledgementResult> {
    const { attempt } = activityInfo();
    const startedAt = performance.now();
    const made = () => ({
      number: attempt,
      durationMs: Math.round(performance.now() - startedAt),
    });
    try {
      const httpStatus = await sender()(input);
      report(input, { ...made(), outcome: 'delivered', httpStatus });
      return { attempts: attempt, httpStatus };
    } catch (error) {
      if (!(error instanceof AcknowledgementError)) throw error;
      const { httpStatus, permanent, reason } = error;
      const outcome = permanent ? 'permanent' : 'transient';
      const delayMs = permanent
        ? undefined
        : nextAttemptDelayMs(input.retry, attempt, error.retryAfterMs, random());
      const isLast = delayMs === undefined || isLastAttempt(input.retry, attempt, delayMs);
      report(input, { ...made(), outcome, reason, httpStatus, ...(isLast && { isLast }) });
      throw applicationFailure(error, delayMs);
    }
  };
}

/** Resolves with the HTTP status of the recipient's answer; undefined where the recipient already had the acknowledgement. */
type Send = (input: AcknowledgeInput) => Promise<number | undefined>;

/** The connections of a sender last as long as its settings do; those to targets of `events:`, as long as the process. */
function senderOf(
  settings: () => AcknowledgementSettings,
  publish: EventTargets['publish'],
): () => Send {
  let made: { of: AcknowledgementSettings; send: Send } | undefined;
  return () => {
    const present = settings();
    if (made?.of !== present) made = { of: present, send: createSender(present, publish) };
    return made.send;
  };
}

function createSender(
  { callbacks, bySource, requestTimeoutMs }: AcknowledgementSettings,
  publish: EventTargets['publish'],
): Send {
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
      case 'event':
        await publish(recipient.target, { webhookId, acknowledgement }, requestTimeoutMs);
        return undefined;
    }
    // A later release may have accepted the message. Another worker takes the next attempt, or this one after its upgrade.
    throw new AcknowledgementError(
      'This worker is of a release that doesn’t know this kind of recipient: nothing was sent.',
      { reason: 'not_configured' },
    );
  };
}

/** Retried, since the configuration may be fixed in the meantime. */
function notConfigured(field: string): AcknowledgementError {
  return new AcknowledgementError(
    `This worker’s configuration has no ${field}: nothing was sent. Add it: the worker follows its configuration file.`,
    { reason: 'not_configured' },
  );
}

/** Whether Temporal makes no other attempt after this delay. */
function isLastAttempt(
  { attempts, giveUpAfterMs }: RetryProfile,
  attempt: number,
  delayMs: number,
): boolean {
  if (attempt >= attempts) return true;
  const { scheduledTimestampMs } = activityInfo();
  return (
    giveUpAfterMs !== undefined && Date.now() + delayMs >= scheduledTimestampMs + giveUpAfterMs
  );
}

/** @param nextRetryDelay in milliseconds; undefined where there is no other attempt */
function applicationFailure(
  { message, permanent, reason }: AcknowledgementError,
  nextRetryDelay: number | undefined,
): ApplicationFailure {
  return ApplicationFailure.create({
    type: reason,
    message,
    nonRetryable: permanent,
    ...(nextRetryDelay !== undefined && { nextRetryDelay }),
    // Keeps it out of the worker's error log: the acknowledgement's own workflow shows it.
    category: ApplicationFailureCategory.BENIGN,
  });
}
