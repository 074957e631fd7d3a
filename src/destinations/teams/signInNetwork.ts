import { AuthError, type INetworkModule } from '@azure/msal-node';
import { DeliveryError } from '../../delivery.js';
import { errorCode, failureOfStatus, permanent, transient } from '../failure.js';
import type { HttpAnswer, Transport } from '../transport.js';

export const SIGN_IN_REMEDY = 'sign the service user in again (sendproof sign-in teams:<account>)';

type NetworkOptions = Parameters<INetworkModule['sendPostRequestAsync']>[1];
interface NetworkAnswer<T> {
  headers: Record<string, string>;
  body: T;
  status: number;
}

/**
 * MSAL's requests by our transport. MSAL turns network trouble, throttling and refusals into much the same errors, so this
 * remembers which it was.
 */
export class SignInNetwork implements INetworkModule {
  readonly #transport: Transport;
  #trouble: DeliveryError | undefined;

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
   * Runs an acquisition (one at a time) and explains its failure: `transient` where the sign-in service couldn't be asked,
   * `permanent` where it refused. Nothing has been posted in either case.
   */
  async explain<Result>(acquire: () => Promise<Result>): Promise<Result> {
    this.#trouble = undefined;
    try {
      return await acquire();
    } catch (error) {
      if (error instanceof DeliveryError) throw error;
      throw this.#explanation(error);
    }
  }

  #explanation(error: unknown): DeliveryError {
    return this.#trouble ?? signInRefused(error instanceof AuthError ? error.errorCode : undefined);
  }

  async #send<T>(
    method: 'GET' | 'POST',
    url: string,
    options: NetworkOptions,
  ): Promise<NetworkAnswer<T>> {
    const answer = await this.#exchange(method, url, options);
    return {
      headers: answer.headers,
      status: answer.status,
      body: JSON.parse(answer.body) as T,
    };
  }

  async #exchange(
    method: 'GET' | 'POST',
    url: string,
    options: NetworkOptions,
  ): Promise<HttpAnswer> {
    try {
      const answer = await this.#transport({
        method,
        url: new URL(url),
        headers: options?.headers ?? {},
        body: options?.body,
      });
      const { outcome, reason } = failureOfStatus(answer.status);
      if (answer.status >= 400 && outcome !== 'permanent') {
        this.#trouble = new DeliveryError(`The sign-in service answered HTTP ${answer.status}.`, {
          ...transient(reason),
          retryAfterMs: answer.retryAfterMs,
        });
      }
      return answer;
    } catch (error) {
      if (error instanceof DeliveryError) {
        this.#trouble = new DeliveryError(error.message, transient(error.reason));
      }
      throw error;
    }
  }
}

/** Expired, revoked, consent missing, password changed: all are mended by a person who signs in. */
function signInRefused(code: string | undefined): DeliveryError {
  const platformCode = errorCode(code);
  return new DeliveryError(
    `The sign-in service refused${platformCode ? ` (${platformCode})` : ''}: ${SIGN_IN_REMEDY}.`,
    { ...permanent('credentials_rejected'), platformCode },
  );
}
