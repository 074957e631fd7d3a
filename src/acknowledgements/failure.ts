/** Classifies failed requests of acknowledgements, for all kinds of recipients. */
import { AcknowledgementError, type AcknowledgementFailure } from '../domain/acknowledgement.js';

interface Failure {
  reason: AcknowledgementFailure;
  /** Whether a retry can't help. */
  permanent: boolean;
  /** What the recipient did: the predicate of a sentence. */
  predicate: string;
}

const temporaryFailure = (reason: AcknowledgementFailure, predicate: string): Failure => ({
  reason,
  permanent: false,
  predicate,
});
const permanentFailure = (reason: AcknowledgementFailure, predicate: string): Failure => ({
  reason,
  permanent: true,
  predicate,
});

const MOVED = permanentFailure(
  'redirected',
  'has moved: configure its new URL, since redirects are not followed',
);
const NOT_READY = temporaryFailure('recipient_unavailable', 'can’t accept it yet');

/** The statuses with a more specific meaning (RFC 9110) than their class. */
const BY_STATUS: Partial<Record<number, Failure>> = {
  301: MOVED,
  308: MOVED,
  408: NOT_READY,
  410: permanentFailure('gone', 'no longer accepts it'),
  423: NOT_READY,
  425: NOT_READY,
  429: temporaryFailure('rate_limited', 'asked to slow down'),
};

/**
 * The failure that an answer's status stands for, total over what isn't 2xx.
 *
 * @param recipient as error messages name it
 * @param retryAfterMs what the recipient asked for
 */
export function errorOfStatus(
  recipient: string,
  httpStatus: number,
  retryAfterMs: number | undefined,
): AcknowledgementError {
  const { reason, permanent, predicate } = BY_STATUS[httpStatus] ?? failureOfClass(httpStatus);
  return new AcknowledgementError(`${recipient} ${predicate} (HTTP ${httpStatus}).`, {
    reason,
    permanent,
    httpStatus,
    retryAfterMs,
  });
}

function failureOfClass(status: number): Failure {
  if (status >= 300 && status < 400) {
    return temporaryFailure('redirected', 'redirects to another address, which is not followed');
  }
  if (status >= 400 && status < 500) return permanentFailure('refused', 'refuses it');
  if (status >= 500 && status < 600) return temporaryFailure('recipient_unavailable', 'failed');
  return temporaryFailure('unexpected_answer', 'gave an answer that HTTP doesn’t define');
}
