/** What a failed request says about an acknowledgement, whoever its recipient is. */
import { AcknowledgementError, type AcknowledgementFailure } from '../domain/acknowledgement.js';

interface Failure {
  reason: AcknowledgementFailure;
  /** Whether trying again can't help. */
  permanent: boolean;
  /** What the recipient did, as the end of a sentence. */
  did: string;
}

const later = (reason: AcknowledgementFailure, did: string): Failure => ({
  reason,
  permanent: false,
  did,
});
const never = (reason: AcknowledgementFailure, did: string): Failure => ({
  reason,
  permanent: true,
  did,
});

const MOVED = never('redirected', 'has moved: put its new address in, redirects are not followed');
const NOT_YET = later('recipient_unavailable', 'can’t take it yet');

/** The statuses whose meaning (RFC 9110) is more than that of their class. */
const BY_STATUS: Partial<Record<number, Failure>> = {
  301: MOVED,
  308: MOVED,
  408: NOT_YET,
  410: never('gone', 'doesn’t want it any more'),
  423: NOT_YET,
  425: NOT_YET,
  429: later('rate_limited', 'asked to slow down'),
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
  const { reason, permanent, did } = BY_STATUS[httpStatus] ?? failureOfClass(httpStatus);
  return new AcknowledgementError(`${recipient} ${did} (HTTP ${httpStatus}).`, {
    reason,
    permanent,
    httpStatus,
    retryAfterMs,
  });
}

function failureOfClass(status: number): Failure {
  if (status >= 300 && status < 400) {
    return later('redirected', 'redirects to another address, which is not followed');
  }
  if (status >= 400 && status < 500) return never('refused', 'refuses it');
  if (status >= 500 && status < 600) return later('recipient_unavailable', 'failed');
  return later('unexpected_answer', 'gave an answer that HTTP doesn’t define');
}
