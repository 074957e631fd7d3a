/** Who sends a request, by a token (JWT) that an identity provider has signed. */
import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { TokenSettings } from '../../config/people.js';
import { KeysUnavailable, PublishedKeys } from '../../http/publishedKeys.js';
import { createTransport, type Transport } from '../../http/transport.js';
import { isRecord } from '../../lib/isRecord.js';
import { own } from '../../lib/own.js';
import { isName, type Identity } from './identity.js';

/** The token is not believed. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

/** Only signatures that the holder of the public key can check and not make. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** Clocks of well-kept machines differ by less. */
const CLOCK_TOLERANCE_SECONDS = 10;

/** As much as Node.js accepts in all headers together. */
const LONGEST_TOKEN = 16 * 1024;

const KEYS_WITHIN_MS = 3_000;

/** More are no groups of a person, and each is compared with the roles. */
const MOST_GROUPS = 10_000;

export class TokenIdentities {
  readonly #settings: TokenSettings;
  readonly #keys: PublishedKeys;

  constructor(
    settings: TokenSettings,
    {
      transport = createTransport('the identity provider', KEYS_WITHIN_MS),
      cooldownMs,
    }: { transport?: Transport; cooldownMs?: number } = {},
  ) {
    this.#settings = settings;
    this.#keys = new PublishedKeys(
      settings,
      transport,
      cooldownMs === undefined ? {} : { cooldownMs },
    );
  }

  /**
   * The person whom a token is about.
   *
   * @throws TokenRefused, which says why
   * @throws KeysUnavailable
   */
  async identityOf(token: string): Promise<Identity> {
    if (token.length > LONGEST_TOKEN) throw new TokenRefused('it is too long');
    const { audience, issuer } = this.#settings;
    let claims: JWTPayload;
    try {
      const { payload } = await jwtVerify(token, this.#keys.find, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['exp', 'sub'],
      });
      claims = payload;
    } catch (error) {
      if (error instanceof KeysUnavailable) throw error;
      throw new TokenRefused(reasonOf(error), { cause: error });
    }
    const name = nameIn(claims, this.#settings.nameClaim);
    if (name === undefined) {
      throw new TokenRefused('none of its claims has a name that can be shown');
    }
    return { name, groups: groupsIn(claims, this.#settings.groupsClaim) };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    switch (error.reason === 'missing' ? undefined : error.claim) {
      case 'iss':
        return 'it is from another issuer';
      case 'aud':
        return 'it is for another audience';
      case 'nbf':
        return 'it is not valid yet';
      default:
        return `its claim "${error.claim}" is missing or can’t be used`;
    }
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return 'it is signed with an algorithm that is not accepted';
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return 'it is signed with a key that its issuer doesn’t publish';
  }
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    return 'it doesn’t say which of its issuer’s keys has signed it';
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  // As of a key that is too short.
  if (!(error instanceof errors.JOSEError)) return 'its signature can’t be checked';
  return 'it is not a signed token (JWT)';
}

/** An address that the provider has not verified is one that the person chose. */
function nameIn(claims: JWTPayload, nameClaim: string | undefined): string | undefined {
  const email = claims.email_verified === false ? undefined : claims.email;
  const candidates =
    nameClaim === undefined
      ? [email, claims.preferred_username, claims.sub]
      : [valueAt(claims, nameClaim)];
  return candidates.find(isName);
}

/** The texts of a list, or one text. Whatever else the claim has is no group. */
function groupsIn(claims: JWTPayload, groupsClaim: string): string[] {
  const value = valueAt(claims, groupsClaim);
  const listed: unknown[] = Array.isArray(value) ? value.slice(0, MOST_GROUPS) : [value];
  return listed.filter((each): each is string => typeof each === 'string' && each !== '');
}

/** By its whole name, which may have dots as in a URL, else by a path of names. */
function valueAt(claims: JWTPayload, name: string): unknown {
  const whole = own(claims, name);
  if (whole !== undefined) return whole;
  return name
    .split('.')
    .reduce<unknown>((value, part) => (isRecord(value) ? own(value, part) : undefined), claims);
}
