/** The tokens of the sandbox's Slack, and their scopes. */
import { SlackError } from './arguments.js';

/** Does not expire. */
export const SLACK_TOKEN = 'sandbox-slack-token';
/** Of the app with token rotation, and the refresh token of its installation. */
export const SLACK_CLIENT_ID = 'sandbox-slack-client-id';
export const SLACK_CLIENT_SECRET = 'sandbox-slack-client-secret';
export const SLACK_REFRESH_TOKEN = 'sandbox-slack-refresh-token';

/** Twelve hours: https://docs.slack.dev/authentication/using-token-rotation */
export const SLACK_TOKEN_LIFETIME_SECONDS = 43_200;

/** The scopes that the app has by default. */
export const DEFAULT_SLACK_SCOPES = [
  'chat:write',
  'channels:history',
  'channels:read',
  'groups:history',
  'groups:read',
  'im:write',
  'users:read.email',
];

export class SlackCredentials {
  #scopes: readonly string[] = DEFAULT_SLACK_SCOPES;
  /** When the tokens that were issued expire, in milliseconds since the epoch. */
  readonly #expiry = new Map<string, number>();
  #refreshToken = SLACK_REFRESH_TOKEN;
  #issued = 0;

  get scopes(): readonly string[] {
    return this.#scopes;
  }

  grant(scopes: readonly string[]): void {
    this.#scopes = scopes;
  }

  /** Restores the scopes and the installation's refresh token. Issued access tokens stay valid. */
  reset(): void {
    this.grant(DEFAULT_SLACK_SCOPES);
    this.#refreshToken = SLACK_REFRESH_TOKEN;
  }

  /** Lets every issued access token expire now. */
  expire(): void {
    for (const token of this.#expiry.keys()) this.#expiry.set(token, Date.now());
  }

  /**
   * Exchanges a refresh token, once, for an access token that expires and for the next refresh token.
   *
   * @throws SlackError `invalid_refresh_token`
   */
  exchange(refreshToken: string | undefined): { accessToken: string; refreshToken: string } {
    if (refreshToken !== this.#refreshToken) throw new SlackError('invalid_refresh_token');
    this.#issued += 1;
    const accessToken = `${SLACK_TOKEN}-${this.#issued}`;
    this.#refreshToken = `${SLACK_REFRESH_TOKEN}-${this.#issued}`;
    this.#expiry.set(accessToken, Date.now() + SLACK_TOKEN_LIFETIME_SECONDS * 1_000);
    return { accessToken, refreshToken: this.#refreshToken };
  }

  /**
   * @returns the scopes that are granted
   * @throws SlackError `not_authed`, `invalid_auth`, `token_expired` or `missing_scope`
   */
  authorise(
    authorization: string | undefined,
    tokenArgument: string | undefined,
    wanted: readonly string[],
  ): readonly string[] {
    const token = /^Bearer (.*)$/i.exec(authorization ?? '')?.[1] ?? tokenArgument;
    if (token === undefined || token === '') throw new SlackError('not_authed');
    const expiresAt = token === SLACK_TOKEN ? Infinity : this.#expiry.get(token);
    if (expiresAt === undefined) throw new SlackError('invalid_auth');
    if (expiresAt <= Date.now()) throw new SlackError('token_expired');
    if (wanted.length > 0 && !wanted.some((scope) => this.#scopes.includes(scope))) {
      throw new SlackError('missing_scope', {
        needed: wanted.join(','),
        provided: this.#scopes.join(','),
      });
    }
    return this.#scopes;
  }
}
