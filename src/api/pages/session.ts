/**
 * Signing in to the pages with an API key. The session is a cookie that follows from the key, so that the API keeps nothing
 * and all its processes know it; it ends when its time is over, or the key is taken out of service.
 *
 * Of the keys of `keys:` only the hash is known, which whoever reads the configuration has too. So their sessions are signed
 * with a secret: SENDPROOF_SESSION_SECRET, or one that the process makes for itself.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CookieOptions, Request, Response } from 'express';
import type { Configuration } from '../../config/configuration.js';
import type { ApiKey } from '../../config/keys.js';
import { basePathOf } from '../basePath.js';

const COOKIE = 'sendproof_session';
const DURATION_MS = 12 * 3_600_000;

/** The secret of this process, for as long as it runs. */
const OWN_SECRET = randomBytes(32);

type Signing = Pick<Configuration, 'keys' | 'sessionSecret'>;

/** The key with which the sender of the request has signed in; undefined without a session. */
export function keyOfSession(
  request: Request,
  { keys, sessionSecret }: Signing,
): ApiKey | undefined {
  const value = new RegExp(`(?:^|; *)${COOKIE}=(\\d+)\\.([\\w-]+)`).exec(
    request.get('cookie') ?? '',
  );
  const [, expiresAt = '', given = ''] = value ?? [];
  if (!(Number(expiresAt) > Date.now())) return undefined;
  let found: ApiKey | undefined;
  // Every key is compared, so that the time doesn't tell which one matched.
  for (const key of keys) {
    for (const secret of secretsOf(key, sessionSecret)) {
      if (equal(given, signature(secret, expiresAt))) found ??= key;
    }
  }
  return found;
}

/** @param digest of the key that was given, one of those of `key` */
export function beginSession(
  request: Request,
  response: Response,
  {
    digest,
    key,
    sessionSecret,
  }: { key: ApiKey; digest: Buffer; sessionSecret: string | undefined },
): void {
  const expiresAt = String(Date.now() + DURATION_MS);
  const secret = key.plain ?? secretOfDigest(digest, sessionSecret);
  const value = `${expiresAt}.${signature(secret, expiresAt)}`;
  response.cookie(COOKIE, value, { ...attributes(request, response), maxAge: DURATION_MS });
}

export function endSession(request: Request, response: Response): void {
  response.clearCookie(COOKIE, attributes(request, response));
}

function attributes(request: Request, response: Response): CookieOptions {
  return {
    httpOnly: true,
    sameSite: 'strict',
    path: basePathOf(response) || '/',
    // Behind a proxy that ends TLS, the request itself is plain.
    secure: request.secure || request.get('x-forwarded-proto') === 'https',
  };
}

/** One for each value that the key may have. */
function secretsOf({ digests, plain }: ApiKey, sessionSecret: string | undefined) {
  if (plain !== undefined) return [plain];
  return digests.map((digest) => secretOfDigest(digest, sessionSecret));
}

function secretOfDigest(digest: Buffer, sessionSecret: string | undefined): Buffer {
  return createHmac('sha256', sessionSecret ?? OWN_SECRET)
    .update(digest)
    .digest();
}

function signature(key: string | Buffer, expiresAt: string): string {
  return createHmac('sha256', key)
    .update(`sendproof session until ${expiresAt}`)
    .digest('base64url');
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
