/** Callbacks by the Standard Webhooks specification: https://www.standardwebhooks.com */
import { Agent, errors, request, type Dispatcher } from 'undici';
import { AcknowledgementError, type Acknowledgement } from '../domain/acknowledgement.js';
import { AddressNotAllowed, guardedConnector } from '../http/addressGuard.js';
import { errorCode } from '../http/failure.js';
import { retryAfterMs } from '../http/retryAfter.js';
import { createSigner, signedHeaders } from '../http/webhookSigner.js';
import { errorOfStatus } from './failure.js';
import type { CallbackPolicy } from './policy.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { timeLimit } from '../lib/deadline.js';
import type { Secret } from '../lib/secret.js';

/** Shorter than the whole, to distinguish a host that doesn't answer at all from a slow one. */
const CONNECT_TIMEOUT_MS = 5_000;

/** The answer's body is ignored. At most this much of it is read, to keep the connection open. */
const ANSWER_LIMIT_BYTES = 64 * 1024;

/** One acknowledgement on its way to one URL. */
export interface CallbackRequest {
  url: string;
  webhookId: string;
  acknowledgement: Acknowledgement;
}

/**
 * Makes one signed request, and resolves with the HTTP status of a 2xx answer. Rejects only with AcknowledgementError.
 */
export type SendCallback = (request: CallbackRequest) => Promise<number>;

/**
 * Callbacks go directly to their host, since a proxy would hide which address they reach. Redirects are not followed, as the
 * specification recommends.
 *
 * @param policy.secrets where there are several, each signs, so that a secret can be replaced without a gap
 * @param requestTimeoutMs from the call to the end of the answer
 * @param names resolves host names, as `dns.lookup` does
 */
export function createSendCallback(
  { allowedOrigins, allowPrivate, secrets }: CallbackPolicy,
  requestTimeoutMs: number,
  names?: Parameters<typeof guardedConnector>[2],
): SendCallback {
  const agent = new Agent({ connect: guardedConnector(allowPrivate, CONNECT_TIMEOUT_MS, names) });
  return async ({ url, webhookId, acknowledgement }) => {
    const { host, origin } = new URL(url);
    if (!allowedOrigins.includes(origin)) {
      throw new AcknowledgementError(
        `${origin} is not on this worker’s allow-list: add it to acknowledgements.allowedHosts.`,
        { reason: 'address_not_allowed' },
      );
    }
    const body = JSON.stringify(acknowledgement);
    const signature = signatureOf(secrets, webhookId, body);
    const limit = timeLimit(requestTimeoutMs);
    let answer: Dispatcher.ResponseData;
    try {
      answer = await request(url, {
        method: 'POST',
        dispatcher: agent,
        signal: limit.signal,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'sendproof',
          ...signature,
        },
        body,
      });
    } catch (error) {
      limit.clear();
      throw connectionError(host, error);
    }
    // Only the status counts: a body that breaks off or never ends changes nothing.
    await answer.body.dump({ limit: ANSWER_LIMIT_BYTES }).catch(() => undefined);
    limit.clear();
    const { headers, statusCode } = answer;
    if (statusCode >= 200 && statusCode < 300) return statusCode;
    throw errorOfStatus(host, statusCode, retryAfterMs(headers['retry-after'], headers.date));
  };
}

/** Throws an AcknowledgementError where a secret can't be used. */
function signatureOf(
  secrets: readonly Secret[],
  webhookId: string,
  body: string,
): Record<string, string> {
  try {
    return signedHeaders(secrets.map(createSigner), { webhookId, body });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new AcknowledgementError(`The callback can’t be signed: ${error.message}`, {
      reason: 'not_configured',
      cause: error,
    });
  }
}

function connectionError(host: string, error: unknown): AcknowledgementError {
  if (error instanceof AddressNotAllowed) {
    return new AcknowledgementError(
      `${error.message}: nothing was sent. If it is meant to be reached, list it in acknowledgements.allowPrivate.`,
      { reason: 'address_not_allowed', cause: error },
    );
  }
  if (isTimeout(error)) {
    return new AcknowledgementError(`${host} did not answer within the time limit.`, {
      reason: 'timeout',
      cause: error,
    });
  }
  if (error instanceof errors.HTTPParserError) {
    return new AcknowledgementError(`${host} gave an answer that is not HTTP.`, {
      reason: 'unexpected_answer',
      cause: error,
    });
  }
  const code = errorCode((error as NodeJS.ErrnoException).code);
  return new AcknowledgementError(
    `No connection to ${host}, or it broke before the answer${code === undefined ? '' : ` (${code})`}.`,
    { reason: 'connection_failed', cause: error },
  );
}

function isTimeout(error: unknown): boolean {
  return (
    (error instanceof Error && error.name === 'TimeoutError') ||
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError
  );
}
