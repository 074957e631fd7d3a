import { timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Configuration } from '../config/configuration.js';
import { digestOf, SHORTEST_KEY, shortKeys, type ApiKey } from '../config/keys.js';
import type { ConfiguredSource } from '../config/sources.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { isLoopback } from '../lib/ports.js';
import type { PostLinks } from '../links/postLinks.js';
import type { Secret } from '../lib/secret.js';
import { ANYBODY, callerWithKey, knownCaller, setCaller, type Caller } from './caller.js';
import { Problem } from './problem.js';
import type { WrongKeys } from './wrongKeys.js';

/** Where both are missing, everybody on this machine may. */
type WhoMayCall = Pick<Configuration, 'keys' | 'people'>;

/**
 * Lets callers with one of the keys through, as `Authorization: Bearer <key>`; without keys, everybody. Who calls is in
 * `callerOf(request)` from then on. A caller who is known already goes on.
 */
export function authenticate(
  context: { readonly configuration: WhoMayCall },
  wrongKeys: WrongKeys,
): RequestHandler {
  return async (request, _response, next) => {
    const caller = knownCaller(request) ?? callerByKey(request, context.configuration);
    if (!caller) {
      if (bearerOf(request) !== undefined) await wrongKeys.note(request);
      throw new Problem(
        'not_authenticated',
        'Send one of the keys of SENDPROOF_API_KEYS, or of "keys:" in the configuration, as "Authorization: Bearer <key>".',
      );
    }
    setCaller(request, caller);
    next();
  };
}

/** Who makes the request, by its key; undefined if it has none of the keys, and needs one. */
export function callerByKey(request: Request, settings: WhoMayCall): Caller | undefined {
  const key = keyIn(request, settings.keys);
  return key ? callerWithKey(key) : callerWithoutKey(settings);
}

/** Anybody, where the configuration says of nobody who may call. */
export function callerWithoutKey({ keys, people }: WhoMayCall): Caller | undefined {
  return keys.length === 0 && people === undefined ? ANYBODY : undefined;
}

/** The key that the request has, if it is one of these. */
export function keyIn(request: Request, keys: readonly ApiKey[]): ApiKey | undefined {
  const given = bearerOf(request);
  return given === undefined ? undefined : findKey(given, keys);
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer (.+)$/i.exec(request.get('authorization') ?? '')?.[1]?.trim();
}

/** The key that was given. All digests have the same length and all are compared, so the time reveals nothing. */
export function findKey(given: string, keys: readonly ApiKey[]): ApiKey | undefined {
  const digest = digestOf(given);
  let found: ApiKey | undefined;
  for (const key of keys) {
    for (const known of key.digests) {
      if (timingSafeEqual(digest, known)) found ??= key;
    }
  }
  return found;
}

/** Throws a ConfigurationError if the API would accept requests from other machines without an API key. */
export function assertApiKeysForHost(host: string, { keys, people }: WhoMayCall): void {
  if (keys.length > 0 || people !== undefined || isLoopback(host)) return;
  throw new ConfigurationError(
    `The API would listen on ${host}, where other machines reach it, without API keys: set SENDPROOF_API_KEYS to one or more keys, separated by commas, add "keys:" to the configuration, or set HOST to 127.0.0.1.`,
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

/** Logs a warning of the keys in `SENDPROOF_API_KEYS` that somebody could guess. They work all the same, as they always have. */
export function warnOfShortKeys(keys: readonly ApiKey[], log: Logger): void {
  const short = shortKeys(keys).map(({ name }) => name);
  if (short.length === 0) return;
  log.warn(
    { keys: short },
    `SENDPROOF_API_KEYS has keys of less than ${SHORTEST_KEY} characters, which can be guessed. Replace them: "sendproof keys create" makes a key.`,
  );
}
