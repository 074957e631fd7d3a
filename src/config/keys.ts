/** `keys:` in `sendproof.yaml`, and `SENDPROOF_API_KEYS`: who may call the API, and what for. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { PLATFORMS } from '../destinations/registry.js';
import { compileGlob } from '../lib/glob.js';
import { nearest } from '../lib/nearest.js';
import type { Rate } from '../lib/tokenBucket.js';
import { rateLimitSchema } from './rateLimit.js';
import { tenantSchema } from './tenants.js';

/**
 * What a caller may do. `send`: messages and events; `read`: messages, lists, pages; `decide`: retry, discard, cancel,
 * reschedule; `metrics`: `/metrics`; `admin`: all of it.
 */
export const SCOPES = ['send', 'read', 'decide', 'metrics', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

export const ALL_SCOPES: ReadonlySet<Scope> = new Set(SCOPES);

/** A list of patterns of which a value must match one. */
export interface Limit {
  patterns: readonly string[];
  allows: (value: string) => boolean;
}

/** What the holder of a key may do. */
export interface Permissions {
  scopes: ReadonlySet<Scope>;
  /** Where messages may go, and where dead letters may be decided on; undefined: everywhere. */
  destinations: Limit | undefined;
  /** Which sources may be named in messages and events; undefined: all. */
  sources: Limit | undefined;
  /** Whose messages are sent, and are all that there is to see; undefined: those of all. */
  tenant: string | undefined;
}

export interface ApiKey extends Permissions {
  /** In the log, in history and as a label of metrics. */
  name: string;
  /** SHA-256 of the key, and of those that it replaces or is replaced by. */
  digests: readonly Buffer[];
  /** How many requests it may make; undefined: as the installation's default says. */
  rateLimit: Rate | undefined;
  /** The key itself, of `SENDPROOF_API_KEYS` alone. */
  plain: string | undefined;
}

/** Shorter keys can be guessed. Those that `sendproof keys create` makes have 43 characters. */
export const SHORTEST_KEY = 32;

const FORM_OF_HASH =
  'must be "sha256:" and 64 hexadecimal digits, as "sendproof keys create" prints it: the hash of the key, never the key itself';

const HASH_OF_NOTHING = `sha256:${digestOf('').toString('hex')}`;

// The messages quote no value: people write the key where its hash belongs.
const hashSchema = z
  .string({ error: FORM_OF_HASH })
  .regex(/^sha256:[0-9a-f]{64}$/i, FORM_OF_HASH)
  .transform((text) => text.toLowerCase())
  .refine((text) => text !== HASH_OF_NOTHING, {
    error: 'is the hash of an empty text: hash the key without a line break at its end',
  });

const pattern = z.string().trim().min(1, 'must not be empty').max(250);

const destinationPattern = pattern.superRefine((text, context) => {
  const [platform = '', ...rest] = text.split(':');
  const names = PLATFORMS.map(({ name }) => name);
  if (platform.includes('*') || names.includes(platform)) return;
  const meant = nearest(platform, names);
  const remedy =
    meant === undefined ? `use one of ${names.join(', ')}` : `did you mean "${meant}"?`;
  context.addIssue({
    code: 'custom',
    message:
      rest.length === 0
        ? 'must have the form <platform>:<account>/<channel>, in which * stands for any text, as slack:default/*'
        : `there is no platform "${platform.slice(0, 100)}"; ${remedy}`,
  });
});

const limitOf = (patterns: readonly string[]): Limit => {
  const tests = patterns.map((each) => compileGlob(each).test);
  return { patterns, allows: (value) => tests.some((test) => test(value)) };
};

const limit = (each: z.ZodType<string>) =>
  z
    .array(each)
    .min(1, 'must have at least one entry; leave it out to allow all')
    .transform(limitOf);

const keySchema = z
  .strictObject({
    name: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
        'must begin with a letter or a digit and have up to 63 letters, digits, _ . and -',
      ),
    hash: z.union([hashSchema, z.array(hashSchema).min(1)], { error: FORM_OF_HASH }),
    scopes: z.array(z.enum(SCOPES)).min(1, `must have at least one of ${SCOPES.join(', ')}`),
    destinations: limit(destinationPattern).optional(),
    sources: limit(pattern).optional(),
    tenant: tenantSchema.optional(),
    rateLimit: rateLimitSchema.optional(),
  })
  .refine(({ scopes, tenant }) => tenant === undefined || !scopes.includes('metrics'), {
    path: ['scopes'],
    error: 'must not have metrics beside "tenant": metrics count the messages of all tenants',
  })
  .transform(({ destinations, hash, name, rateLimit, scopes, sources, tenant }): ApiKey => {
    const hashes = [hash].flat();
    return {
      name,
      digests: hashes.map((each) => Buffer.from(each.slice('sha256:'.length), 'hex')),
      scopes: grantedScopes(scopes, tenant),
      destinations,
      sources,
      tenant,
      rateLimit,
      plain: undefined,
    };
  });

/** Metrics are about all tenants: no scope of one of them includes them. */
export function grantedScopes(
  scopes: readonly Scope[],
  tenant: string | undefined,
): ReadonlySet<Scope> {
  const granted: readonly Scope[] = scopes.includes('admin') ? SCOPES : scopes;
  return new Set(tenant === undefined ? granted : granted.filter((each) => each !== 'metrics'));
}

/** So many are compared with each request. */
const MOST_KEYS = 1_000;

export const keysSchema = z
  .array(keySchema)
  .max(MOST_KEYS)
  .default([])
  .transform((keys, context) => {
    for (const { message, path } of repeated(keys)) {
      context.addIssue({ code: 'custom', path, message });
    }
    return keys;
  });

/** Each key has a name and values of its own. */
function repeated(keys: readonly ApiKey[]): { path: PropertyKey[]; message: string }[] {
  const names = new Set<string>();
  const hashes = new Set<string>();
  return keys.flatMap(({ digests, name }, index) => {
    const faults: { path: PropertyKey[]; message: string }[] = [];
    if (names.has(name)) {
      const message = `"${name}" is the name of an earlier key; a key with two values has a list of hashes`;
      faults.push({ path: [index, 'name'], message });
    }
    names.add(name);
    for (const hash of digests.map((digest) => digest.toString('hex'))) {
      if (hashes.has(hash)) {
        const message = 'is the hash of another key too: each key has a value of its own';
        faults.push({ path: [index, 'hash'], message });
      }
      hashes.add(hash);
    }
    return faults;
  });
}

/** The keys of `SENDPROOF_API_KEYS`, which may do everything. */
export function keysWithAllScopes(keys: readonly string[]): ApiKey[] {
  return [...new Set(keys)].map((plain, index) => ({
    name: nameOf(plain, index),
    digests: [digestOf(plain)],
    scopes: ALL_SCOPES,
    destinations: undefined,
    sources: undefined,
    tenant: undefined,
    rateLimit: undefined,
    plain,
  }));
}

/**
 * A part of the hash, so that a key keeps its name when others come and go. Of a short key even that could tell what it is to
 * somebody who reads the log and tries words.
 */
function nameOf(key: string, index: number): string {
  return key.length < SHORTEST_KEY
    ? `short-key-${index + 1}`
    : `key-${digestOf(key).toString('hex').slice(0, 8)}`;
}

/**
 * One round of SHA-256 suffices, since a key is no password: it has 256 random bits, which nobody can try. A slow hash would
 * only make each request slow.
 */
export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** The keys that are too short to be safe. */
export function shortKeys(keys: readonly ApiKey[]): ApiKey[] {
  return keys.filter(({ plain }) => plain !== undefined && plain.length < SHORTEST_KEY);
}
