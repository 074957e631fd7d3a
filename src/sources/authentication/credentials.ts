/** Requests that bring a secret with them: in `Authorization`, in a header of one's own, or in their URL. */
import { z } from 'zod';
import { own } from '../../lib/own.js';
import type { Secret } from '../../lib/secret.js';
import type { Authentication, SourceRequest, Verdict } from '../source.js';
import { isOneOf, revealed, secretsSchema } from './secrets.js';

/** As RFC 9110 has the names of headers. */
export const headerNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'must be the name of a header, as X-Webhook-Token');

/** Spread into the schema of a source. All that are configured must be right. */
export const credentialFields = {
  /** `Authorization: Bearer <secret>`. */
  bearer: secretsSchema.optional(),
  /** `Authorization: Basic …`. */
  basic: z
    .strictObject({
      username: z
        .string()
        .min(1, 'must not be empty')
        .regex(/^[^:]*$/, 'must not have a colon: Basic authentication has no way to send it'),
      password: secretsSchema,
    })
    .optional(),
  /** A header of any name, whose value is the secret. */
  header: z.strictObject({ name: headerNameSchema, value: secretsSchema }).optional(),
  /** The last part of the URL: `POST /v1/sources/<name>/<token>`. */
  token: secretsSchema.optional(),
};

export interface CredentialSettings {
  bearer?: Secret[] | undefined;
  basic?: { username: string; password: Secret[] } | undefined;
  header?: { name: string; value: Secret[] } | undefined;
  token?: Secret[] | undefined;
}

/** For `superRefine` of a schema with `credentialFields`. */
export function refineCredentials(
  { basic, bearer, header }: CredentialSettings,
  context: z.core.$RefinementCtx,
): void {
  const authorization = [
    ...(basic ? ['basic'] : []),
    ...(bearer ? ['bearer'] : []),
    ...(header?.name.toLowerCase() === 'authorization' ? ['header'] : []),
  ];
  if (authorization.length < 2) return;
  context.addIssue({
    code: 'custom',
    path: [authorization[1] ?? ''],
    message: `${authorization.join(' and ')} are sent in the same header, Authorization: keep one of them`,
  });
}

/** One for each credential that is configured; for `allOf`. */
export function credentials({
  basic,
  bearer,
  header,
  token,
}: CredentialSettings): Authentication[] {
  return [
    ...(basic ? [basicPassword(basic)] : []),
    ...(bearer ? [bearerToken(bearer)] : []),
    ...(header ? [ownHeader(header)] : []),
    ...(token ? [urlToken(token)] : []),
  ];
}

/** All of these must be right. With none of them, every request is, and the source is not authenticated. */
export function allOf(parts: readonly Authentication[]): Authentication {
  return {
    isAuthenticated: parts.some(({ isAuthenticated }) => isAuthenticated),
    secrets: parts.flatMap(({ secrets }) => secrets),
    verify: async (request) => {
      for (const part of parts) {
        const verdict = await part.verify(request);
        if (verdict !== 'authentic') return verdict;
      }
      return 'authentic';
    },
    sign: (sample) => parts.reduce((signed, part) => ({ ...signed, ...part.sign(signed) }), sample),
  };
}

function bearerToken(secrets: readonly Secret[]): Authentication {
  return {
    isAuthenticated: true,
    secrets,
    verify: (request) => {
      const given = authorization(request, 'bearer');
      if (given === undefined) {
        return { refusedBecause: 'the header Authorization has no Bearer token' };
      }
      return verdict(given, revealed(secrets), 'the Bearer token');
    },
    sign: ({ body, headers }) => ({
      body,
      headers: { ...headers, Authorization: `Bearer ${asHeader(revealed(secrets)[0] ?? '')}` },
    }),
  };
}

function basicPassword({
  password,
  username,
}: {
  username: string;
  password: readonly Secret[];
}): Authentication {
  return {
    isAuthenticated: true,
    secrets: password,
    verify: (request) => {
      const given = authorization(request, 'basic');
      if (given === undefined) {
        return { refusedBecause: 'the header Authorization has no user name and password' };
      }
      const pairs = revealed(password).map((each) => `${username}:${each}`);
      const decoded = Buffer.from(given.toString('latin1'), 'base64');
      return verdict(decoded, pairs, 'the user name or the password in Authorization');
    },
    sign: ({ body, headers }) => {
      const pair = Buffer.from(`${username}:${revealed(password)[0] ?? ''}`).toString('base64');
      return { body, headers: { ...headers, Authorization: `Basic ${pair}` } };
    },
  };
}

function ownHeader({
  name,
  value: secrets,
}: {
  name: string;
  value: readonly Secret[];
}): Authentication {
  return {
    isAuthenticated: true,
    secrets,
    verify: ({ headers }) => {
      const given = own(headers, name.toLowerCase());
      if (given === undefined) return { refusedBecause: `the header ${name} is missing` };
      return verdict(
        Buffer.from(given.trim(), 'latin1'),
        revealed(secrets),
        `the value of the header ${name}`,
      );
    },
    sign: ({ body, headers }) => ({
      body,
      headers: { ...headers, [name]: asHeader(revealed(secrets)[0] ?? '') },
    }),
  };
}

function urlToken(secrets: readonly Secret[]): Authentication {
  return {
    isAuthenticated: true,
    secrets,
    verify: ({ token }) =>
      token === ''
        ? { refusedBecause: 'the URL has no token after the name of the source' }
        : verdict(token, revealed(secrets), 'the token in the URL'),
    sign: (sample) => ({ ...sample, token: revealed(secrets)[0] ?? '' }),
  };
}

function verdict(given: string | Buffer, known: readonly string[], what: string): Verdict {
  return isOneOf(given, known)
    ? 'authentic'
    : { refusedBecause: `${what} is not that of this source` };
}

/** The bytes after the scheme; undefined where the header is missing or has another scheme. */
function authorization({ headers }: SourceRequest, scheme: 'bearer' | 'basic'): Buffer | undefined {
  const [, given, value] = /^(\S+)\s+(\S.*)$/.exec((headers.authorization ?? '').trim()) ?? [];
  return given?.toLowerCase() === scheme ? Buffer.from(value ?? '', 'latin1') : undefined;
}

/** Headers are bytes, which Node.js shows and takes as Latin-1. */
function asHeader(text: string): string {
  return Buffer.from(text).toString('latin1');
}
