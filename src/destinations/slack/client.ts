/** Slack's SDK over our transport: its calls reject only with DeliveryError, and it has no token of its own. */
import { LogLevel, WebAPIRequestError, WebClient, type Logger } from '@slack/web-api';
import { DeliveryError } from '../../domain/delivery.js';
import { secureUrl } from '../../http/endpoint.js';
import { callTracked } from '../../http/sending.js';
import { createTransport, type Transport } from '../../http/transport.js';
import type { SlackAccount } from './account.js';
import { refusesToken, slackFailure } from './failures.js';

export interface TokenSource {
  /** An access token, which is valid as far as is known. Rejects only with DeliveryError. */
  token(): Promise<string>;
  /**
   * A token that replaces one that Slack has refused. Undefined where there is no other. Rejects only with DeliveryError,
   * never an ambiguous one.
   */
  renewed(refused: string): Promise<string | undefined>;
}

/**
 * Throws a ConfigurationError where the API's address can't be used.
 *
 * @param tokens undefined for methods that need no token
 */
export function createSlackClient(
  { apiUrl, requestTimeout }: Pick<SlackAccount, 'apiUrl' | 'requestTimeout'>,
  tokens: TokenSource | undefined,
): WebClient {
  const transport = createTransport('Slack', requestTimeout);
  return new WebClient(undefined, {
    slackApiUrl: secureUrl(apiUrl, 'the Slack API’s address').href,
    allowAbsoluteUrls: false,
    fetch: tokens ? fetchWithToken(transport, tokens) : fetchThrough(transport),
    // Retrying and pacing are Temporal's. Time limits are the transport's.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    maxRequestConcurrency: Number.POSITIVE_INFINITY,
    logger: SILENT,
  });
}

/** Makes a call of the SDK, and unwraps the error that `fetchThrough` threw. */
export function call<Result>(request: () => Promise<Result>): Promise<Result> {
  return callTracked('Slack', request, (error) =>
    error instanceof WebAPIRequestError ? error.original : error,
  );
}

interface RequestOptions {
  headers?: Record<string, string>;
  body?: string | FormData;
}
type Fetch = (url: string | URL, init?: RequestOptions) => Promise<Response>;

/**
 * Sends each request with the present token. Where Slack refuses that token, and so has done nothing, the request is repeated
 * once with a new one.
 */
function fetchWithToken(transport: Transport, tokens: TokenSource): Fetch {
  const send = fetchThrough(transport);
  return async (url, init) => {
    const sendWith = (token: string): Promise<Response> =>
      send(url, { ...init, headers: { ...init?.headers, authorization: `Bearer ${token}` } });
    const token = await tokens.token();
    try {
      return await sendWith(token);
    } catch (error) {
      if (!(error instanceof DeliveryError) || !refusesToken(error)) throw error;
      const renewed = await tokens.renewed(token);
      if (renewed === undefined) throw error;
      return await sendWith(renewed);
    }
  };
}

/**
 * Classifies each answer before the SDK sees it. The SDK keeps only whole seconds of Retry-After, ignores dates, and turns an
 * answer that is not JSON into an error code.
 */
function fetchThrough(transport: Transport): Fetch {
  return async (url, init) => {
    const answer = await transport({
      method: 'POST',
      url: new URL(url),
      headers: init?.headers ?? {},
      body: init?.body as string,
    });
    const failure = slackFailure(answer);
    if (failure) throw failure;
    // Known to be JSON, whatever its Content-Type says.
    return new Response(answer.body, { headers: { 'content-type': 'application/json' } });
  };
}

/** Errors are thrown. The SDK's own log lines could contain content. */
const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};
