/** Where the adapter has its access tokens from. */
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
  /** An access token that is good for the next minutes. Rejects with nothing but DeliveryError. */
  token(): Promise<string>;
  /** Takes note that Graph accepted this token. */
  accepted(token: string): void;
  /** Takes note that Graph refused this token; true where a fresh one may be had, so that trying again makes sense. */
  refused(token: string): boolean;
}

/** A token is renewed this long before it expires, so that it doesn't on its way. */
const RENEWAL_MARGIN_MS = 5 * 60_000;

export class StaticToken implements TokenSource {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  token(): Promise<string> {
    return Promise.resolve(this.#token);
  }

  accepted(): void {
    // There is no other token to tell this one from.
  }

  refused(): boolean {
    return false;
  }
}

/**
 * The tokens of a service user who signed in once: kept in memory while they last, renewed with the refresh token by one
 * request at a time, however many posts wait for it.
 */
export class SignedInTokens implements TokenSource {
  readonly #application: PublicClientApplication;
  readonly #network: SignInNetwork;
  readonly #scopes: string[];
  readonly #refreshToken: string | undefined;
  #current: { token: string; expiresAt: number } | undefined;
  #renewal: Promise<string> | undefined;
  /** Fresh from the sign-in service and not yet accepted: if Graph refuses that, another won't do better. */
  #unproven: string | undefined;
  #renewAnyway = false;

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

  accepted(token: string): void {
    if (this.#unproven === token) this.#unproven = undefined;
  }

  refused(token: string): boolean {
    if (this.#current?.token !== token) return true;
    this.#current = undefined;
    this.#renewAnyway = true;
    return token !== this.#unproven;
  }

  async #renew(): Promise<string> {
    const result = await this.#network.explain(() => this.#acquire());
    if (!result) throw unexpectedAnswer('The sign-in service', 'no token');
    this.#renewAnyway = false;
    if (!result.fromCache) this.#unproven = result.accessToken;
    this.#current = {
      token: result.accessToken,
      expiresAt: result.expiresOn?.getTime() ?? Date.now() + RENEWAL_MARGIN_MS,
    };
    return result.accessToken;
  }

  /** With the sign-in that the cache holds, else with the configured refresh token. */
  async #acquire(): Promise<AuthenticationResult | null> {
    const [account] = await this.#application.getAllAccounts();
    if (account) {
      try {
        return await this.#application.acquireTokenSilent({
          account,
          scopes: this.#scopes,
          forceRefresh: this.#renewAnyway,
        });
      } catch (error) {
        const signInIsOver =
          error instanceof InteractionRequiredAuthError || error instanceof ServerError;
        if (!signInIsOver || this.#refreshToken === undefined) throw error;
      }
    }
    if (this.#refreshToken === undefined) throw nobodySignedIn();
    return this.#application.acquireTokenByRefreshToken({
      refreshToken: this.#refreshToken,
      scopes: this.#scopes,
      forceCache: true,
    });
  }
}

/** What the person who signs in is to do. */
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
 * Whatever delegated permissions the app has been granted: so a tenant that doesn't allow reading still posts, and only
 * look-ups are refused.
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

function nobodySignedIn(): DeliveryError {
  return new DeliveryError(
    `No service user has signed in for this account: ${SIGN_IN_REMEDY}.`,
    permanent('credentials_rejected'),
  );
}
