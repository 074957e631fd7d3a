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
import { RenewedTokens, type TokenSource } from '../accessTokens.js';
import type { TeamsAccount, TeamsSignIn } from './account.js';
import { SIGN_IN_REMEDY, SignInNetwork } from './signInNetwork.js';
import { tokenCacheFile } from './tokenCacheFile.js';
import { ConfigurationError } from '../../lib/configurationError.js';

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

/** The tokens of a service user who signed in once, renewed with the refresh token. */
export function signedInTokens(
  signIn: TeamsSignIn,
  scopes: string[],
  transport: Transport,
): TokenSource {
  const network = new SignInNetwork(transport);
  const acquisition: Acquisition = {
    application: signInApplication(signIn, network),
    scopes,
    refreshToken: signIn.refreshToken?.reveal(),
  };
  return new RenewedTokens(async ({ mustBeNew }) => {
    const result = await network.explain(() => acquire(acquisition, mustBeNew));
    if (!result) throw unexpectedAnswer('The sign-in service', 'no token');
    return {
      token: result.accessToken,
      expiresAt: result.expiresOn?.getTime(),
      isNew: !result.fromCache,
    };
  });
}

interface Acquisition {
  application: PublicClientApplication;
  scopes: string[];
  refreshToken: string | undefined;
}

/** Uses the sign-in in the cache, else the configured refresh token. */
async function acquire(
  { application, scopes, refreshToken }: Acquisition,
  forceRefresh: boolean,
): Promise<AuthenticationResult | null> {
  const [account] = await application.getAllAccounts();
  if (account) {
    try {
      return await application.acquireTokenSilent({ account, scopes, forceRefresh });
    } catch (error) {
      const signInIsOver =
        error instanceof InteractionRequiredAuthError || error instanceof ServerError;
      if (!signInIsOver || refreshToken === undefined) throw error;
    }
  }
  if (refreshToken === undefined) throw notSignedIn();
  return application.acquireTokenByRefreshToken({ refreshToken, scopes, forceCache: true });
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
