import { AuthError, type INetworkModule } from '@azure/msal-node';
import { DeliveryError } from '../../domain/delivery.js';
import {
  asDeliveryError,
  asTransient,
  errorCode,
  failureOfStatus,
  permanent,
  transient,
  unexpectedAnswer,
} from '../../http/failure.js';
import type { Transport } from '../../http/transport.js';

const SIGN_IN_SERVICE = 'The sign-in service';

export const SIGN_IN_REMEDY = 'sign the service user in again (sendproof sign-in teams:<account>)';

type NetworkOptions = Parameters<INetworkModule['sendPostRequestAsync']>[1];
interface NetworkAnswer<T> {
  headers: Record<string, string>;
  body: T;
  status: number;
}

/**
 * Sends MSAL's requests through our transport. MSAL's errors hardly distinguish network failures, throttling and refusals, so
 * this remembers whether the last request failed.
 */
export class SignInNetwork implements INetworkModule {
  readonly #transport: Transport;
  #lastFailure: DeliveryError | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkOptions): Promise<NetworkAnswer<T>> {
    return this.#send('GET', url, options);
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkOptions): Promise<NetworkAnswer<T>> {
    return this.#send('POST', url, options);
  }

  /**
   * Runs an acquisition (one at a time) and classifies its failure: `transient` where the sign-in service couldn't be reached,
   * `permanent` where it refused. Nothing has been posted in either case. The failure may be that of an earlier
   * acquisition: while a Retry-After lasts, MSAL fails without a request.
   */
  async explain<Result>(acquire: () => Promise<Result>): Promise<Result> {
    try {
      return await acquire();
    } catch (error) {
      if (error instanceof DeliveryError) throw error;
      // Only its code goes on: the rest of what MSAL throws may hold the answer of the sign-in service, with its tokens.
      const code = error instanceof AuthError ? error.errorCode : undefined;
      throw this.#lastFailure ?? signInRefused(code);
    }
  }

  async #send<T>(
    method: 'GET' | 'POST',
    url: string,
    options: NetworkOptions,
  ): Promise<NetworkAnswer<T>> {
    this.#lastFailure = undefined;
    try {
      const { status, headers, body, retryAfterMs } = await this.#transport({
        method,
        url: new URL(url),
        headers: options?.headers ?? {},
        body: options?.body,
      });
      this.#lastFailure = retryableFailure(status, retryAfterMs);
      return { status, headers, body: parseBody(body) as T };
    } catch (error) {
      this.#lastFailure = asTransient(asDeliveryError(error, SIGN_IN_SERVICE));
      throw this.#lastFailure;
    }
  }
}

function retryableFailure(
  status: number,
  retryAfterMs: number | undefined,
): DeliveryError | undefined {
  const { outcome, reason } = failureOfStatus(status);
  if (status < 400 || outcome === 'permanent') return undefined;
  return new DeliveryError(`${SIGN_IN_SERVICE} answered HTTP ${status}.`, {
    ...transient(reason),
    retryAfterMs,
  });
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // The parser's error quotes the body, which may hold a token.
    throw unexpectedAnswer(SIGN_IN_SERVICE, 'not JSON');
  }
}

/** Expired, revoked, consent missing, password changed: in each case a person has to sign in again. */
function signInRefused(code: string | undefined): DeliveryError {
  const platformCode = errorCode(code);
  return new DeliveryError(
    `${SIGN_IN_SERVICE} refused${platformCode ? ` (${platformCode})` : ''}: ${SIGN_IN_REMEDY}.`,
    { ...permanent('credentials_rejected'), platformCode },
  );
}
