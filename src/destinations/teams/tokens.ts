/** The sources of the adapter's access tokens. */
import {
  InteractionRequiredAuthError,
  PublicClientApplication,
  ServerError,
  type AuthenticationResult,
  type Configuration,
} from '@azure/msal-node';
import { DeliveryError } from '../../domain/delivery.js';
import { permanent, unexpectedAnswer } from '../../http/failure.js';
import type { Transport } from '../../http/transport.js';
import type { TeamsAccount, TeamsSignIn } from './account.js';
import { SIGN_IN_REMEDY, SignInNetwork } from './signInNetwork.js';
import { tokenCacheFile } from './tokenCacheFile.js';
import { ConfigurationError } from '../../lib/configurationError.js';

export interface TokenSource {
  /** An access token that is valid for the next minutes. Rejects only with DeliveryError. */
  token(): Promise<string>;
  /** Records that Graph accepted this token. */
  markAccepted(token: string): void;
  /** Records that Graph refused this token. True where a new one may be available, so that a retry makes sense. */
  markRefused(token: string): boolean;
}

/** How long before its expiry a token is renewed, so that it doesn't expire during a request. */
const RENEWAL_MARGIN_MS = 5 * 60_000;

export class StaticToken implements TokenSource {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  token(): Promise<string> {
    return Promise.resolve(this.#token);
  }

  markAccepted(): void {
    // There is only this token.
  }

  markRefused(): boolean {
    return false;
  }
}

/**
 * The tokens of a service user who signed in once: kept in memory while they are valid, and renewed with the refresh token
 * by one request at a time, however many posts wait for it.
 */
export class SignedInTokens implements TokenSource {
  readonly #application: PublicClientApplication;
  readonly #network: SignInNetwork;
  readonly #scopes: string[];
  readonly #refreshToken: string | undefined;
  #current: { token: string; expiresAt: number } | undefined;
  #renewal: Promise<string> | undefined;
  /** New from the sign-in service and not yet accepted. If Graph refuses it, another one won't help. */
  #unproven: string | undefined;
  #forceRefresh = false;

  constructor(signIn: TeamsSignIn, scopes: string[], transport: Transport) {
    this.#network = new SignInNetwork(transport);
    this.#application = signInApplication(signIn, this.#network);
    this.#scopes = scopes;
    this.#refreshToken = signIn.refreshToken?.reveal();
  }

  token(): Promise<string> {
    if (this.#current && this.#current.expiresAt - RENEWAL_MARGIN_MS > Date.now()) {
      return Promise.resolve(this.#current.token);
    }
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  markAccepted(token: string): void {
    if (this.#unproven === token) this.#unproven = undefined;
  }

  markRefused(token: string): boolean {
    if (this.#current?.token !== token) return true;
    this.#current = undefined;
    this.#forceRefresh = true;
    return token !== this.#unproven;
  }

  async #renew(): Promise<string> {
    const result = await this.#network.explain(() => this.#acquire());
    if (!result) throw unexpectedAnswer('The sign-in service', 'no token');
    this.#forceRefresh = false;
    if (!result.fromCache) this.#unproven = result.accessToken;
    this.#current = {
      token: result.accessToken,
      expiresAt: result.expiresOn?.getTime() ?? Date.now() + RENEWAL_MARGIN_MS,
    };
    return result.accessToken;
  }

  /** Uses the sign-in in the cache, else the configured refresh token. */
  async #acquire(): Promise<AuthenticationResult | null> {
    const [account] = await this.#application.getAllAccounts();
    if (account) {
      try {
        return await this.#application.acquireTokenSilent({
          account,
          scopes: this.#scopes,
          forceRefresh: this.#forceRefresh,
        });
      } catch (error) {
        const signInIsOver =
          error instanceof InteractionRequiredAuthError || error instanceof ServerError;
        if (!signInIsOver || this.#refreshToken === undefined) throw error;
      }
    }
    if (this.#refreshToken === undefined) throw notSignedIn();
    return this.#application.acquireTokenByRefreshToken({
      refreshToken: this.#refreshToken,
      scopes: this.#scopes,
      forceCache: true,
    });
  }
}

/** The instructions for the person who signs in. */
export interface SignInPrompt {
  /** The page to open. */
  url: string;
  /** The code to enter there. */
  code: string;
  expiresInSeconds: number;
}

/**
 * Signs a service user in, on another device or in another browser, and keeps the sign-in in the account's `tokenCache`.
 * Throws a ConfigurationError where the account has none, and a DeliveryError where the sign-in fails.
 */
export async function signInWithDeviceCode(
  account: TeamsAccount,
  showPrompt: (prompt: SignInPrompt) => void,
  transport: Transport,
): Promise<{ identity: string }> {
  const { signIn } = account;
  if (signIn?.tokenCache === undefined) {
    throw new ConfigurationError(
      'The account has no signIn.tokenCache: configure the file that is to keep the sign-in.',
    );
  }
  const network = new SignInNetwork(transport);
  const result = await network.explain(() =>
    signInApplication(signIn, network).acquireTokenByDeviceCode({
      scopes: scopesFor(account),
      deviceCodeCallback: ({ verificationUri, userCode, expiresIn }) =>
        showPrompt({ url: verificationUri, code: userCode, expiresInSeconds: expiresIn }),
    }),
  );
  return { identity: result?.account?.username ?? 'an unnamed user' };
}

/**
 * All delegated permissions that the app has been granted. So posting works in a tenant that doesn't allow reading, where
 * only searches are refused.
 */
export function scopesFor({ graphUrl }: TeamsAccount): string[] {
  const { protocol, origin } = new URL(graphUrl);
  return [`${protocol === 'https:' ? origin : 'https://graph.microsoft.com'}/.default`];
}

function signInApplication(
  { tenantId, clientId, authority, tokenCache }: TeamsSignIn,
  networkClient: SignInNetwork,
): PublicClientApplication {
  const configuration: Configuration = {
    auth: { clientId, authority: new URL(tenantId, authority).href },
    system: { networkClient },
  };
  return new PublicClientApplication(
    tokenCache === undefined
      ? configuration
      : { ...configuration, cache: { cachePlugin: tokenCacheFile(tokenCache) } },
  );
}

function notSignedIn(): DeliveryError {
  return new DeliveryError(
    `No service user has signed in for this account: ${SIGN_IN_REMEDY}.`,
    permanent('credentials_rejected'),
  );
}
