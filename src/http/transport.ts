/**
 * The one HTTP client below every adapter: keep-alive connections, a hard time limit, no retries and no redirects. Unlike
 * `fetch` it knows whether a failed request had been sent, which distinguishes transient from ambiguous failures.
 */
import { Agent, EnvHttpProxyAgent, errors, type Dispatcher } from 'undici';
import { DeliveryError } from '../domain/delivery.js';
import { answerText } from './answerText.js';
import { isLoopback } from './endpoint.js';
import { ambiguous, errorCode, permanent, transient, unexpectedAnswer } from './failure.js';
import { retryAfterMs } from './retryAfter.js';
import { currentSending } from './sending.js';

export interface HttpRequest {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body?: string | undefined;
}

export interface HttpAnswer {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** Without a byte-order mark. */
  body: string;
  /** The pause that Retry-After asks for. */
  retryAfterMs: number | undefined;
}

/**
 * Makes exactly one HTTP request and resolves with the answer, whatever its status. Rejects only with DeliveryError:
 * `transient` where the request certainly was not sent, `ambiguous` where it may have been.
 */
export type Transport = (request: HttpRequest) => Promise<HttpAnswer>;

/** Destinations are paced at about one message a second: connections are kept open over the gaps of a quiet minute. */
const KEEP_ALIVE_MS = 60_000;

/** Far above any answer to a post. The largest answer is a page of history. */
const MAXIMUM_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * @param platform as error messages name it
 * @param requestTimeoutMs from the call to the last byte of the answer
 */
export function createTransport(platform: string, requestTimeoutMs: number): Transport {
  const options = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Shorter than the whole, to distinguish a host that doesn't answer at all from a slow platform.
    connect: { timeout: Math.ceil(requestTimeoutMs / 2) },
    maxResponseSize: MAXIMUM_ANSWER_BYTES,
  };
  const direct = new Agent(options);
  // HTTPS_PROXY and NO_PROXY apply, except to requests to this machine.
  const outward = new EnvHttpProxyAgent(options);
  return async (request) => {
    const dispatcher = isLoopback(request.url) ? direct : outward;
    try {
      return await exchange(dispatcher, request, requestTimeoutMs);
    } catch (error) {
      throw error instanceof RequestFailed ? deliveryError(platform, error) : error;
    }
  };
}

class RequestFailed extends Error {
  readonly sent: boolean;
  readonly failure: Error | 'timeout';

  constructor(sent: boolean, failure: Error | 'timeout') {
    super('request failed');
    this.sent = sent;
    this.failure = failure;
  }
}

/** When several addresses were tried at once (IPv6, IPv4), the code is inside an AggregateError. */
function errorCodeOf(error: Error): string | undefined {
  const own = (error as NodeJS.ErrnoException).code;
  if (own !== undefined) return errorCode(own);
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return first instanceof Error ? errorCodeOf(first) : undefined;
}

function exchange(
  dispatcher: Dispatcher,
  { method, url, headers, body }: HttpRequest,
  timeoutMs: number,
): Promise<HttpAnswer> {
  const call = currentSending();
  return new Promise((resolve, reject) => {
    let sending: Dispatcher.DispatchController | undefined;
    let status = 0;
    let answerHeaders: Record<string, string> = {};
    const chunks: Buffer[] = [];
    let over = false;

    const finish = (settle: () => void): void => {
      over = true;
      clearTimeout(timer);
      settle();
    };
    const fail = (failure: Error | 'timeout'): void =>
      finish(() => reject(new RequestFailed(sending !== undefined, failure)));
    const timer = setTimeout(() => {
      fail('timeout');
      sending?.abort(new Error('time limit'));
    }, timeoutMs);

    dispatcher.dispatch(
      { origin: url.origin, path: url.pathname + url.search, method, headers, body: body ?? null },
      {
        // Called with an open connection, just before the request is written to it.
        onRequestStart(controller) {
          if (over) controller.abort(new Error('time limit'));
          else sending = controller;
          if (call) call.begun = true;
        },
        onResponseStart(_controller, statusCode, received) {
          status = statusCode;
          answerHeaders = joinHeaderValues(received);
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          const answer = {
            status,
            headers: answerHeaders,
            body: answerText(Buffer.concat(chunks), answerHeaders['content-type']),
            retryAfterMs: retryAfterMs(answerHeaders['retry-after'], answerHeaders.date),
          };
          finish(() => resolve(answer));
        },
        onResponseError(_controller, error) {
          if (!over) fail(error);
        },
      },
    );
  });
}

function joinHeaderValues(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

function deliveryError(platform: string, { sent, failure }: RequestFailed): DeliveryError {
  const code = failure === 'timeout' ? undefined : errorCodeOf(failure);
  const because = code === undefined ? '' : ` (${code})`;
  if (!sent && failure instanceof errors.InvalidArgumentError) {
    return new DeliveryError(
      `The request to ${platform} can’t be written as HTTP${because}: nothing was sent. Check the account’s settings, then retry.`,
      permanent('request_rejected'),
    );
  }
  if (!sent) {
    return new DeliveryError(
      failure === 'timeout'
        ? `No connection to ${platform} within the time limit: nothing was sent.`
        : `No connection to ${platform}${because}: nothing was sent.`,
      transient('connection_failed'),
    );
  }
  if (isTimeout(failure)) {
    return new DeliveryError(
      `${platform} did not answer within the time limit: it may or may not have acted on the request.`,
      ambiguous('timeout'),
    );
  }
  if (isInvalidHttp(failure)) return unexpectedAnswer(platform, 'not readable as HTTP');
  return new DeliveryError(
    `The connection to ${platform} broke before its answer${because}: it may or may not have acted on the request.`,
    ambiguous('connection_failed'),
  );
}

function isTimeout(failure: Error | 'timeout'): boolean {
  return (
    failure === 'timeout' ||
    failure instanceof errors.HeadersTimeoutError ||
    failure instanceof errors.BodyTimeoutError
  );
}

function isInvalidHttp(failure: Error | 'timeout'): boolean {
  return (
    failure instanceof errors.HTTPParserError ||
    failure instanceof errors.ResponseExceededMaxSizeError
  );
}
