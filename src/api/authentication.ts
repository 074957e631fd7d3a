import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { Problem } from './problem.js';
import type { Logger } from 'pino';
import type { ConfiguredSource } from '../config/sources.js';
import { ConfigurationError } from '../lib/configurationError.js';
import type { PostLinks } from '../links/postLinks.js';
import type { Secret } from '../lib/secret.js';

/** Accepts requests with one of the keys as `Authorization: Bearer <key>`. Without keys, accepts every request. */
export function requireApiKey(keys: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    if (!hasApiKey(request, keys)) {
      throw new Problem(
        'not_authenticated',
        'Send one of the keys of SENDPROOF_API_KEYS as "Authorization: Bearer <key>".',
      );
    }
    next();
  };
}

/** Whether the request has one of the keys, or needs none. */
export function hasApiKey(request: Request, keys: readonly string[]): boolean {
  if (keys.length === 0) return true;
  const given = /^Bearer (.+)$/i.exec(request.get('authorization') ?? '')?.[1];
  return given !== undefined && isApiKey(given.trim(), keys);
}

/** Throws a ConfigurationError if the API would accept requests from other machines without an API key. */
export function assertApiKeysForHost(host: string, keys: readonly string[]): void {
  if (keys.length > 0 || isLoopback(host)) return;
  throw new ConfigurationError(
    `The API would listen on ${host}, where other machines reach it, without API keys: set SENDPROOF_API_KEYS to one or more keys, separated by commas, or set HOST to 127.0.0.1.`,
  );
}

/** Throws a ConfigurationError if other machines could send as a source that doesn't know who sends. */
export function assertAuthenticatedSources(
  host: string,
  sources: readonly ConfiguredSource[],
): void {
  const open = sources.filter(({ source }) => !source.isAuthenticated).map(({ name }) => name);
  if (open.length === 0 || isLoopback(host)) return;
  throw new ConfigurationError(
    `The API would listen on ${host}, where other machines reach it, and these sources have no authentication: ${open.join(', ')}. Give each a secret or a token, or set HOST to 127.0.0.1.`,
  );
}

/**
 * Throws a ConfigurationError if a source has secrets and none of them can be read: it would accept nothing. One that is missing
 * beside another is only logged, since secrets are removed one after the other.
 */
export function assertSourceSecrets(sources: readonly ConfiguredSource[], log: Logger): void {
  for (const { name, source } of sources) {
    const faults = source.secrets.flatMap(faultOf);
    const [first] = faults;
    if (first && faults.length === source.secrets.length) {
      throw new ConfigurationError(`sources.${name}: ${first.message}`, { cause: first });
    }
    for (const fault of faults) log.warn({ source: name }, fault.message);
  }
}

/** As `assertSourceSecrets`, for the secrets that have signed the links in posts. */
export function assertLinkSecrets(links: PostLinks, log: Logger): void {
  if (links.kind !== 'signed') return;
  const faults = links.secrets.flatMap(faultOf);
  const [first] = faults;
  if (first && faults.length === links.secrets.length) {
    throw new ConfigurationError(`posts.secret: ${first.message}`, { cause: first });
  }
  for (const fault of faults) log.warn(`posts.secret: ${fault.message}`);
}

function faultOf(secret: Secret): ConfigurationError[] {
  try {
    secret.reveal();
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return [error];
    throw error;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** All digests have the same length, so the time of a comparison reveals nothing. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Whether it is one of the keys. */
export function isApiKey(given: string, keys: readonly string[]): boolean {
  return isOneOf(given, keys.map(digest));
}

function isOneOf(given: string, digests: readonly Buffer[]): boolean {
  const givenDigest = digest(given);
  // Every key is compared, so that the time doesn't reveal which one matched.
  return digests.reduce((found, known) => timingSafeEqual(givenDigest, known) || found, false);
}
