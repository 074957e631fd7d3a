/** Access tokens that are valid for an hour or so, for all requests of an account. */

export interface TokenSource {
  /** An access token that is valid for the next minutes. Rejects only with DeliveryError. */
  token(): Promise<string>;
  /** Records that the platform accepted this token. */
  markAccepted(token: string): void;
  /** Records that the platform refused this token. True where a new one may be available, so that a retry makes sense. */
  markRefused(token: string): boolean;
}

/** A token as its issuer gives it. */
export interface IssuedToken {
  token: string;
  /** In milliseconds since the epoch; undefined where the issuer doesn't say. */
  expiresAt: number | undefined;
  /** False for one that the issuer's library had kept from an earlier request. */
  isNew: boolean;
}

/** How long before its expiry a token is renewed, so that it doesn't expire during a request. */
const RENEWAL_MARGIN_MS = 5 * 60_000;

/** Keeps the token while it is valid, and renews it by one request at a time, however many posts wait for it. */
export class RenewedTokens implements TokenSource {
  readonly #acquire: (options: { mustBeNew: boolean }) => Promise<IssuedToken>;
  #current: { token: string; expiresAt: number } | undefined;
  #renewal: Promise<string> | undefined;
  /** New from its issuer and not yet accepted. If the platform refuses it, another one won't help. */
  #unproven: string | undefined;
  #mustBeNew = false;

  /** @param acquire rejects only with DeliveryError; `mustBeNew` after the platform refused the token that it gave last */
  constructor(acquire: (options: { mustBeNew: boolean }) => Promise<IssuedToken>) {
    this.#acquire = acquire;
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
    this.#mustBeNew = true;
    return token !== this.#unproven;
  }

  async #renew(): Promise<string> {
    const { token, expiresAt, isNew } = await this.#acquire({ mustBeNew: this.#mustBeNew });
    this.#mustBeNew = false;
    if (isNew) this.#unproven = token;
    this.#current = { token, expiresAt: expiresAt ?? Date.now() + RENEWAL_MARGIN_MS };
    return token;
  }
}
