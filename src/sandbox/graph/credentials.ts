/** The tokens and permissions of the sandbox's Graph. */
import { unauthorised, forbidden } from './errors.js';

export const GRAPH_TOKEN = 'sandbox-graph-token';
/** The refresh token of a service user who has signed in. */
export const GRAPH_REFRESH_TOKEN = 'sandbox-refresh-token';

/** The permissions that the service user has consented to by default. */
export const DEFAULT_GRAPH_PERMISSIONS = [
  'User.Read',
  'User.ReadBasic.All',
  'Team.ReadBasic.All',
  'Channel.ReadBasic.All',
  'ChannelMessage.Send',
  'ChannelMessage.Read.All',
  'ChannelMessage.ReadWrite',
  'ChatMessage.Send',
  'Chat.ReadWrite',
];

export class GraphCredentials {
  #permissions: readonly string[] = DEFAULT_GRAPH_PERMISSIONS;
  readonly #accessTokens = new Set([GRAPH_TOKEN]);
  readonly #refreshTokens = new Set([GRAPH_REFRESH_TOKEN]);
  #issued = 0;

  get permissions(): readonly string[] {
    return this.#permissions;
  }

  grant(permissions: readonly string[]): void {
    this.#permissions = permissions;
  }

  /** Restores the default permissions. Issued tokens stay valid. */
  reset(): void {
    this.grant(DEFAULT_GRAPH_PERMISSIONS);
  }

  issue(): { accessToken: string; refreshToken: string } {
    this.#issued += 1;
    const accessToken = `${GRAPH_TOKEN}-${this.#issued}`;
    const refreshToken = `${GRAPH_REFRESH_TOKEN}-${this.#issued}`;
    this.#accessTokens.add(accessToken);
    this.#refreshTokens.add(refreshToken);
    return { accessToken, refreshToken };
  }

  isRefreshToken(token: string): boolean {
    return this.#refreshTokens.has(token);
  }

  /** @throws GraphRefusal 401 or 403 */
  authorise(authorization: string | undefined, wanted: readonly string[]): void {
    const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw unauthorised('Access token is empty.');
    if (!this.#accessTokens.has(token)) throw unauthorised('Access token validation failure.');
    if (wanted.length > 0 && !wanted.some((permission) => this.#permissions.includes(permission))) {
      throw forbidden(
        `Missing scope permissions on the request. API requires one of '${wanted.join(', ')}'. Scopes on the request '${this.#permissions.join(', ')}'`,
      );
    }
  }
}
