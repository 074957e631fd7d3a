/**
 * Signing in to the pages with an API key. The browser gets a random token. Temporal has the session: so it ends for every
 * process when somebody signs out or its time is over. The token is authenticated with the hash of the key, so that a session
 * also ends when its key is taken out of service, and Temporal isn't asked of what anybody makes up. Who knows the hash, but
 * not the token, can't begin a session, nor continue one. The session's id follows from both, so that the token of a session
 * with one key, and the hash of another key, are no session with the other.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CookieOptions, Request, Response } from 'express';
import type { ApiKey } from '../../config/keys.js';
import { pageSessionId } from '../../contract/names.js';
import { ExpiringMap } from '../../lib/expiringMap.js';
import { isSessionOpen, startSession, terminateSession } from '../../store/sessions.js';
import type { ApiContext } from '../apiContext.js';
import { basePathOf } from '../basePath.js';

const COOKIE = 'sendproof_session';
/** Browsers accept this one from this host alone, over https and for all of its paths. */
const HOST_COOKIE = `__Host-${COOKIE}`;

const DURATION_MS = 12 * 3_600_000;
const TOKEN_BYTES = 32;

/** How long a process believes what Temporal last said of a session: for so long another process may not know of its end. */
export const BELIEVED_FOR_MS = 5_000;
const MOST_BELIEVED = 10_000;
/** A browser has two at most, of which one was left behind when the address became https. */
const MOST_COOKIES = 4;

type SessionContext = Pick<ApiContext, 'configuration' | 'decisionClient' | 'readClient'>;

interface Session {
  /** The name of the cookie. */
  cookie: string;
  id: string;
  key: ApiKey;
}

export class PageSessions {
  readonly #context: SessionContext;
  readonly #open: ExpiringMap<boolean>;

  /** @param now the monotonic clock, in milliseconds */
  constructor(context: SessionContext, now?: () => number) {
    this.#context = context;
    this.#open = new ExpiringMap(BELIEVED_FOR_MS, MOST_BELIEVED, now);
  }

  /** The key with which the sender of the request has signed in; undefined without a session. */
  async keyOf(request: Request, response: Response): Promise<ApiKey | undefined> {
    // Another site of the domain can set the one without the prefix, and so sign people in with a key of its own.
    const { name } = cookieFor(request, response);
    for (const session of this.#sessionsIn(request)) {
      if (session.cookie !== name) continue;
      if (await this.#isOpen(session.id)) return session.key;
    }
    return undefined;
  }

  /** @param digest of the key that was given, one of those that the key has */
  async begin(request: Request, response: Response, digest: Buffer): Promise<void> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const id = idOf(token, digest);
    await startSession(this.#context.decisionClient, id, DURATION_MS);
    this.#open.set(id, true);
    // What an earlier session had isn't needed any longer. It ends by itself where that fails.
    await this.#endAll(request).catch(() => undefined);
    const { attributes, name } = cookieFor(request, response);
    const value = `${token}.${signature(token, digest)}`;
    response.cookie(name, value, { ...attributes, maxAge: DURATION_MS });
  }

  /**
   * Ends the session, and has the browser forget it. Rejects where Temporal doesn't take the end; the session then goes on.
   *
   * @returns the key of the session; undefined if there was none
   */
  async end(request: Request, response: Response): Promise<ApiKey | undefined> {
    const key = await this.#endAll(request);
    const { attributes } = cookieFor(request, response);
    response.clearCookie(COOKIE, attributes);
    if (isHostCookie(attributes)) response.clearCookie(HOST_COOKIE, attributes);
    return key;
  }

  async #endAll(request: Request): Promise<ApiKey | undefined> {
    const sessions = this.#sessionsIn(request);
    for (const { id } of sessions) {
      await terminateSession(this.#context.decisionClient, id);
      this.#open.set(id, false);
    }
    return sessions[0]?.key;
  }

  async #isOpen(id: string): Promise<boolean> {
    const believed = this.#open.get(id);
    if (believed !== undefined) return believed;
    const isOpen = await isSessionOpen(this.#context.readClient, id);
    // Not where somebody has signed out meanwhile.
    const ended = this.#open.get(id) === false;
    if (!ended) this.#open.set(id, isOpen);
    return isOpen && !ended;
  }

  /** Those whose key is in service. Their ends are not looked up. */
  #sessionsIn(request: Request): Session[] {
    const cookies = (request.get('cookie') ?? '').matchAll(
      /(?:^|; *)((?:__Host-)?sendproof_session)=([\w-]{43})\.([\w-]{43})(?=;|$)/g,
    );
    return [...cookies]
      .slice(0, MOST_COOKIES)
      .flatMap(([, cookie = '', token = '', given = '']) => {
        const signed = this.#signedBy(token, given);
        return signed ? [{ cookie, id: idOf(token, signed.digest), key: signed.key }] : [];
      });
  }

  /** Every digest is compared, so that the time doesn't tell which one matched. */
  #signedBy(token: string, given: string): { key: ApiKey; digest: Buffer } | undefined {
    let found: { key: ApiKey; digest: Buffer } | undefined;
    for (const key of this.#context.configuration.keys) {
      for (const digest of key.digests) {
        if (equal(given, signature(token, digest))) found ??= { key, digest };
      }
    }
    return found;
  }
}

function cookieFor(
  request: Request,
  response: Response,
): { name: string; attributes: CookieOptions } {
  const attributes = cookieAttributes(request, response);
  return { name: isHostCookie(attributes) ? HOST_COOKIE : COOKIE, attributes };
}

/** Cookies of the pages are for these alone, and no script sees them. */
export function cookieAttributes(request: Request, response: Response): CookieOptions {
  return {
    httpOnly: true,
    sameSite: 'strict',
    path: basePathOf(response) || '/',
    // Behind a proxy that ends TLS, the request itself is plain.
    secure: request.secure || request.get('x-forwarded-proto') === 'https',
  };
}

/** https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix */
function isHostCookie({ path, secure }: CookieOptions): boolean {
  return secure === true && path === '/';
}

function idOf(token: string, digest: Buffer): string {
  return pageSessionId(createHash('sha256').update(token).update(digest).digest('hex'));
}

function signature(token: string, digest: Buffer): string {
  return createHmac('sha256', digest).update(`sendproof session ${token}`).digest('base64url');
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
