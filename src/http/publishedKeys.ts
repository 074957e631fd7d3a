/** The public keys of an issuer of tokens, fetched when they are needed and kept while they are not too old. */
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey, type RemoteJWKSet } from 'jose';
import { z } from 'zod';
import { secureUrl } from './endpoint.js';
import type { Transport } from './transport.js';

/** The keys can't be read now. No token is to blame. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** Fetched again in the background. */
const REFRESH_AFTER_MS = 10 * 60_000;
/** While the issuer can't be reached, its keys are used for so long: people need the pages during an outage too. */
const USED_FOR_MS = 60 * 60_000;
/** A token with an unknown key has the keys fetched again, but not more often: anybody can send such tokens. */
const COOLDOWN_MS = 30_000;
/** After a failure nobody waits for the next one. */
const PAUSE_AFTER_FAILURE_MS = 5_000;

/** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata */
const openIdConfiguration = z.object({ issuer: z.string(), jwks_uri: z.string() });
/** https://www.rfc-editor.org/rfc/rfc7517#section-5 */
const keySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(1_000) });

/** Who makes the tokens. */
interface Issuer {
  /** As its tokens name it. */
  issuer: string;
  /** Where its keys are; undefined: where its OpenID configuration says. */
  keysUrl?: string | undefined;
}

export class PublishedKeys {
  readonly #issuer: Issuer;
  readonly #transport: Transport;
  readonly #cooldownMs: number;
  #set: Promise<RemoteJWKSet> | undefined;
  #fetchedAt = 0;
  #failure: { error: KeysUnavailable; until: number } | undefined;

  constructor(
    issuer: Issuer,
    transport: Transport,
    { cooldownMs = COOLDOWN_MS }: { cooldownMs?: number } = {},
  ) {
    this.#issuer = issuer;
    this.#transport = transport;
    this.#cooldownMs = cooldownMs;
  }

  /** The key that a token is signed with, for `jwtVerify`. Rejects with KeysUnavailable where the keys can't be read. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    this.#set ??= this.#found().catch((error: unknown) => {
      this.#set = undefined;
      throw error;
    });
    const set = await this.#set;
    const isOld = performance.now() - this.#fetchedAt > REFRESH_AFTER_MS;
    // A failure is met by those who need the keys when they are too old.
    if (this.#fetchedAt > 0 && isOld && !set.reloading) {
      set.reload().catch(() => undefined);
    }
    return await set(header, token);
  };

  async #found(): Promise<RemoteJWKSet> {
    return createRemoteJWKSet(new URL(await this.#address()), {
      cooldownDuration: this.#cooldownMs,
      cacheMaxAge: USED_FOR_MS,
      [customFetch]: async (address) => {
        const keys = await this.#read(address, keySet, 'a set of keys (JWKS)');
        this.#fetchedAt = performance.now();
        return new Response(JSON.stringify(keys));
      },
    });
  }

  async #address(): Promise<string> {
    const { issuer, keysUrl } = this.#issuer;
    if (keysUrl !== undefined) return keysUrl;
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const found = await this.#read(address, openIdConfiguration, 'an OpenID configuration');
    if (found.issuer !== issuer) {
      throw this.#failed(`${address} is the configuration of another issuer`);
    }
    try {
      return secureUrl(found.jwks_uri, 'jwks_uri').href;
    } catch (error) {
      throw this.#failed(`${address} names an address for its keys that can’t be used`, error);
    }
  }

  async #read<Schema extends z.ZodType>(
    address: string,
    schema: Schema,
    what: string,
  ): Promise<z.output<Schema>> {
    if (this.#failure && performance.now() < this.#failure.until) throw this.#failure.error;
    let answer;
    try {
      answer = await this.#transport({ method: 'GET', url: new URL(address), headers: {} });
    } catch (error) {
      throw this.#failed(`${address} can’t be read`, error);
    }
    if (answer.status !== 200) throw this.#failed(`${address} answered ${answer.status}`);
    const { success, data } = schema.safeParse(parsedJson(answer.body));
    if (!success) throw this.#failed(`${address} is not ${what}`);
    this.#failure = undefined;
    return data;
  }

  #failed(what: string, cause?: unknown): KeysUnavailable {
    const error = new KeysUnavailable(`The keys of the identity provider can’t be read: ${what}.`, {
      cause,
    });
    this.#failure = { error, until: performance.now() + PAUSE_AFTER_FAILURE_MS };
    return error;
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
