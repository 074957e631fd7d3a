/**
 * The one HTTP client below every adapter: keep-alive connections, a hard time limit, no retries and no redirects. Unlike
 * `fetch` it knows whether a failed request had been sent, which distinguishes transient from ambiguous failures.
 */
import { Agent, errors, ProxyAgent, type buildConnector, type Dispatcher } from 'undici';
import { DeliveryError } from '../domain/delivery.js';
import { AddressNotAllowed } from './addressGuard.js';
import { answerText } from './answerText.js';
import { isLoopback } from './endpoint.js';
import { ambiguous, errorCode, permanent, transient, unexpectedAnswer } from './failure.js';
import { readProxySettings, type Proxy } from './proxy.js';
import { retryAfterMs } from './retryAfter.js';
import { currentSending } from './sending.js';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT';
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
 * @param environment has HTTPS_PROXY and NO_PROXY, which apply except to requests to this machine
 *
 * @throws ConfigurationError where the proxy's address can't be used
 */
export function createTransport(
  platform: string,
  requestTimeoutMs: number,
  environment: NodeJS.ProcessEnv = process.env,
): Transport {
  // Shorter than the whole, to distinguish a host that doesn't answer at all from a slow platform.
  const connect = { timeout: Math.ceil(requestTimeoutMs / 2) };
  const options = { keepAliveTimeout: KEEP_ALIVE_MS, maxResponseSize: MAXIMUM_ANSWER_BYTES };
  const direct = new Agent({ ...options, connect });
  const { proxy, isExempt } = readProxySettings(environment);
  const outward =
    proxy && proxyAgent(proxy, { ...options, proxyTls: connect, requestTls: connect });
  return async (request) => {
    const isDirect = !outward || isLoopback(request.url) || isExempt(request.url);
    try {
      return await exchange(isDirect ? direct : outward, request, requestTimeoutMs);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      throw deliveryError(platform, error, isDirect ? undefined : proxy);
    }
  };
}

/**
 * The same without a proxy, which would hide which address is reached.
 *
 * @param connector refuses with AddressNotAllowed where no connection may be made
 */
export function createGuardedTransport(
  platform: string,
  requestTimeoutMs: number,
  connector: buildConnector.connector,
): Transport {
  const agent = new Agent({
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxResponseSize: MAXIMUM_ANSWER_BYTES,
    connect: connector,
  });
  return async (request) => {
    try {
      return await exchange(agent, request, requestTimeoutMs);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      throw deliveryError(platform, error, undefined);
    }
  };
}

function proxyAgent(
  { url, credentials }: Proxy,
  options: Omit<ProxyAgent.Options, 'uri'>,
): ProxyAgent {
  const { user, password } = credentials ?? {};
  const token = `Basic ${Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64')}`;
  return new ProxyAgent({
    ...options,
    uri: url,
    ...(credentials && (url.startsWith('socks') ? { username: user, password } : { token })),
  });
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

/** @param proxy through which the request went, or was to go */
function deliveryError(
  platform: string,
  { sent, failure }: RequestFailed,
  proxy: Proxy | undefined,
): DeliveryError {
  const code = failure === 'timeout' ? undefined : errorCodeOf(failure);
  const because = code === undefined ? '' : ` (${code})`;
  if (!sent && failure instanceof errors.InvalidArgumentError) {
    return new DeliveryError(
      `The request to ${platform} can’t be written as HTTP${because}: nothing was sent. Check the account’s settings, then retry.`,
      permanent('request_rejected'),
    );
  }
  if (!sent && failure instanceof AddressNotAllowed) {
    return new DeliveryError(
      `${failure.message}: nothing was sent. If it is meant to be reached, list it in allowPrivate of the account.`,
      permanent('request_rejected'),
    );
  }
  if (!sent && proxy) {
    return new DeliveryError(
      `${proxyProblem(platform, proxy, failure)}: nothing was sent.`,
      transient('connection_failed'),
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

/** undici's error where a proxy answers CONNECT with another status than 200 has the status in its text only. */
const REFUSED_BY_PROXY = /^Proxy response \((\d{3})\) !== 200/;

/** What a connection through a proxy failed with. Never contains the credentials. */
function proxyProblem(
  platform: string,
  { address, variable }: Proxy,
  failure: Error | 'timeout',
): string {
  const proxy = `The proxy ${address} (${variable})`;
  if (failure === 'timeout' || failure instanceof errors.ConnectTimeoutError) {
    return `${proxy} made no connection to ${platform} within the time limit`;
  }
  const status = REFUSED_BY_PROXY.exec(failure.message)?.[1];
  if (status === '407') {
    return `${proxy} refused to connect to ${platform} (HTTP 407): put the user name and password that it asks for into ${variable}`;
  }
  if (status !== undefined) return `${proxy} refused to connect to ${platform} (HTTP ${status})`;
  const code = errorCodeOf(failure);
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EHOSTUNREACH'
    ? `${proxy} can’t be reached (${code})`
    : `${proxy} gave no connection to ${platform}${code === undefined ? '' : ` (${code})`}`;
}
