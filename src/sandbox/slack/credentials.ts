/** The token of the sandbox's Slack, and its scopes. */
import { SlackError } from './arguments.js';

export const SLACK_TOKEN = 'sandbox-slack-token';

/** The scopes that the app has by default. */
export const DEFAULT_SLACK_SCOPES = [
  'chat:write',
  'channels:history',
  'channels:read',
  'groups:history',
  'groups:read',
];

export class SlackCredentials {
  #scopes: readonly string[] = DEFAULT_SLACK_SCOPES;

  get scopes(): readonly string[] {
    return this.#scopes;
  }

  grant(scopes: readonly string[]): void {
    this.#scopes = scopes;
  }

  reset(): void {
    this.grant(DEFAULT_SLACK_SCOPES);
  }

  /**
   * @returns the scopes that are granted
   * @throws SlackError `not_authed`, `invalid_auth` or `missing_scope`
   */
  authorise(
    authorization: string | undefined,
    tokenArgument: string | undefined,
    wanted: readonly string[],
  ): readonly string[] {
    const token = /^Bearer (.*)$/i.exec(authorization ?? '')?.[1] ?? tokenArgument;
    if (token === undefined || token === '') throw new SlackError('not_authed');
    if (token !== SLACK_TOKEN) throw new SlackError('invalid_auth');
    if (wanted.length > 0 && !wanted.some((scope) => this.#scopes.includes(scope))) {
      throw new SlackError('missing_scope', {
        needed: wanted.join(','),
        provided: this.#scopes.join(','),
      });
    }
    return this.#scopes;
  }
}
