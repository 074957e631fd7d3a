/**
 * Signing in to the pages with an API key. The session is a cookie that follows from the key, so that the API keeps nothing
 * and all its processes know it; it ends when its time is over, or the key is taken out of service.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CookieOptions, Request, Response } from 'express';
import { basePathOf } from '../basePath.js';

const COOKIE = 'sendproof_session';
const DURATION_MS = 12 * 3_600_000;

/** Whether the request comes from somebody who has signed in with one of the keys. */
export function hasSession(request: Request, keys: readonly string[]): boolean {
  const value = new RegExp(`(?:^|; *)${COOKIE}=(\\d+)\\.([\\w-]+)`).exec(
    request.get('cookie') ?? '',
  );
  const [, expiresAt = '', given = ''] = value ?? [];
  if (!(Number(expiresAt) > Date.now())) return false;
  // Every key is compared, so that the time doesn't tell which one matched.
  return keys.reduce((found, key) => equal(given, signature(key, expiresAt)) || found, false);
}

export function beginSession(request: Request, response: Response, key: string): void {
  const expiresAt = String(Date.now() + DURATION_MS);
  const value = `${expiresAt}.${signature(key, expiresAt)}`;
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

function signature(key: string, expiresAt: string): string {
  return createHmac('sha256', key)
    .update(`sendproof session until ${expiresAt}`)
    .digest('base64url');
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
