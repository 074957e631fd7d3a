/** The sources of the adapter's access tokens. */
import { createHash } from 'node:crypto';
import type { WebClient } from '@slack/web-api';
import { DeliveryError } from '../../domain/delivery.js';
import { asDeliveryError, asTransient, permanent, unexpectedAnswer } from '../../http/failure.js';
import { ConfigurationError } from '../../lib/configurationError.js';
import type { SlackAccount, SlackRotation } from './account.js';
import { call, createSlackClient, type TokenSource } from './client.js';
import { TokenFile, type KeptTokens } from './tokenFile.js';

/** A token is renewed in the last twelfth of its lifetime: in the last hour of Slack's twelve. */
const RENEWAL_PART = 1 / 12;

/** While the present token is valid, a renewal that failed is repeated after this time. */
const RENEWAL_RETRY_MS = 60_000;

/** Throws a ConfigurationError where a secret can't be read. */
export function createTokenSource(account: SlackAccount): TokenSource {
  const { token, rotation } = account;
  if (rotation) return new RotatedTokens(rotation, account);
  if (!token) throw new ConfigurationError('The Slack account has neither "token" nor "rotation".');
  return staticToken(token.reveal());
}

function staticToken(token: string): TokenSource {
  return {
    token: () => Promise.resolve(token),
    renewed: () => Promise.resolve(undefined),
  };
}

/**
 * The tokens of an app with token rotation. A refresh token can be exchanged once, for an access token of some hours and the
 * next refresh token: https://docs.slack.dev/authentication/using-token-rotation. The newest two are in a file before they are
 * used. One request of one process renews them at a time, however many posts wait for it.
 */
class RotatedTokens implements TokenSource {
  readonly #client: WebClient;
  readonly #file: TokenFile;
  readonly #rotation: SlackRotation;
  readonly #requestTimeoutMs: number;
  readonly #clientId: string;
  readonly #clientSecret: string;
  readonly #configured: KeptTokens;
  #current: KeptTokens['access'];
  /** The access token that Slack refused last. */
  #refused: string | undefined;
  #renewal: Promise<string> | undefined;
  #nextRenewalAt = 0;

  constructor(rotation: SlackRotation, account: Pick<SlackAccount, 'apiUrl' | 'requestTimeout'>) {
    if (rotation.tokenCache === undefined) {
      throw new ConfigurationError(
        'The account has no rotation.tokenCache: configure the file that is to keep its tokens.',
      );
    }
    this.#client = createSlackClient(account, undefined);
    this.#file = new TokenFile(rotation.tokenCache);
    this.#rotation = rotation;
    this.#requestTimeoutMs = account.requestTimeout;
    this.#clientId = rotation.clientId.reveal();
    this.#clientSecret = rotation.clientSecret.reveal();
    const refreshToken = rotation.refreshToken.reveal();
    this.#configured = { origin: fingerprint(refreshToken), refreshToken };
  }

  async token(): Promise<string> {
    const present = this.#present();
    if (present && (!isDue(present) || Date.now() < this.#nextRenewalAt)) return present.token;
    try {
      return await this.#renew();
    } catch (error) {
      // What can be delivered with the present token is delivered.
      const remaining = this.#present();
      if (!remaining) throw error;
      this.#nextRenewalAt = Date.now() + RENEWAL_RETRY_MS;
      return remaining.token;
    }
  }

  async renewed(refused: string): Promise<string | undefined> {
    if (this.#current?.token === refused) this.#current = undefined;
    this.#refused = refused;
    const token = this.#present()?.token ?? (await this.#renew());
    return token === refused ? undefined : token;
  }

  #present(): KeptTokens['access'] {
    return this.#current && this.#current.expiresAt > Date.now() ? this.#current : undefined;
  }

  #renew(): Promise<string> {
    this.#renewal ??= this.#file
      .exclusively(this.#requestTimeoutMs, () => this.#renewAlone())
      .finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  /** Another process may have renewed the tokens while this one waited for its turn. */
  async #renewAlone(): Promise<string> {
    const found = await this.#file.read();
    const kept = found?.origin === this.#configured.origin ? found : this.#configured;
    if (kept.access && kept.access.token !== this.#refused) {
      this.#current = kept.access;
      if (!isDue(kept.access)) return kept.access.token;
    }
    const renewed = await this.#exchange(kept);
    await this.#file.write(renewed);
    this.#current = renewed.access;
    return renewed.access.token;
  }

  /**
   * The file says first that the exchange has begun. So a file that can't be written costs no refresh token, and the cause is
   * known where the process is lost before it has written the new tokens.
   */
  async #exchange(kept: KeptTokens): Promise<KeptTokens & Required<Pick<KeptTokens, 'access'>>> {
    const issuedAt = Date.now();
    await this.#file.write({ ...kept, exchangeBegunAt: kept.exchangeBegunAt ?? issuedAt });
    try {
      const answer = await call(() =>
        this.#client.oauth.v2.access({
          grant_type: 'refresh_token',
          client_id: this.#clientId,
          client_secret: this.#clientSecret,
          refresh_token: kept.refreshToken,
        }),
      );
      const { access_token: token, refresh_token: refreshToken, expires_in: seconds } = answer;
      if (!token || !refreshToken || typeof seconds !== 'number' || seconds <= 0) {
        throw unexpectedAnswer(
          'Slack',
          '"ok" without the "access_token", "refresh_token" and "expires_in" of an exchange',
          200,
        );
      }
      const access = { token, issuedAt, expiresAt: issuedAt + seconds * 1_000 };
      return { origin: kept.origin, refreshToken, access };
    } catch (thrown) {
      const error = asDeliveryError(thrown, 'Slack');
      // Slack has certainly not exchanged the token.
      if (error.outcome !== 'ambiguous') await this.#file.write(kept);
      throw notRenewed(error, this.#rotation, kept);
    }
  }
}

function isDue({ issuedAt, expiresAt }: NonNullable<KeptTokens['access']>): boolean {
  return Date.now() >= expiresAt - (expiresAt - issuedAt) * RENEWAL_PART;
}

/** Nothing has been posted, whatever the failure of an exchange. */
function notRenewed(
  error: DeliveryError,
  rotation: SlackRotation,
  { exchangeBegunAt }: KeptTokens,
): DeliveryError {
  const { message, httpStatus, platformCode } = error;
  if (error.outcome !== 'permanent' || platformCode === undefined) {
    const { outcome, reason, retryAfterMs } =
      error.outcome === 'ambiguous' ? asTransient(error) : error;
    return new DeliveryError(
      `The account’s Slack token could not be renewed, and nothing was posted: ${message}`,
      { outcome, reason, httpStatus, platformCode, retryAfterMs },
    );
  }
  const interrupted =
    exchangeBegunAt === undefined
      ? ''
      : ` An exchange that began at ${new Date(exchangeBegunAt).toISOString()} was interrupted before its new tokens were kept: Slack may have made the earlier refresh token invalid then.`;
  return new DeliveryError(
    `Slack refused to renew the account’s token (${platformCode}): ${remedyFor(platformCode, rotation)}.${interrupted}`,
    { ...permanent('credentials_rejected'), httpStatus, platformCode },
  );
}

function remedyFor(code: string, { clientId, clientSecret, refreshToken }: SlackRotation): string {
  switch (code) {
    case 'invalid_client_id':
      return `check the client id in rotation.clientId (${String(clientId)})`;
    case 'bad_client_secret':
      return `check the client secret in rotation.clientSecret (${String(clientSecret)})`;
    default:
      return `install the app again, and give its new refresh token to the worker as rotation.refreshToken (${String(refreshToken)})`;
  }
}

function fingerprint(refreshToken: string): string {
  return createHash('sha256').update(refreshToken).digest('hex');
}
