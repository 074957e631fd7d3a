/** `people:` in `sendproof.yaml`: how people are known who come through a proxy, and what their groups may do. */
import { z } from 'zod';
import { secureUrl } from '../http/endpoint.js';
import type { AddressRange } from '../lib/addressRange.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { remedy } from '../lib/nearest.js';
import { own } from '../lib/own.js';
import { SCOPES, type Scope } from './keys.js';
import { tenantSchema } from './tenants.js';

/** The people who sign in elsewhere. */
export interface People {
  proxy: ProxyHeaders | undefined;
  token: TokenSettings | undefined;
  /** What the members of a group may do; of the group `*`, everybody who has signed in. */
  roles: ReadonlyMap<string, readonly Scope[]>;
  /** Groups whose members see the messages of one tenant alone, whatever other groups they are in. */
  tenants: ReadonlyMap<string, string>;
  /** Where people end the session that they have elsewhere. */
  signOutUrl: string | undefined;
}

/** The headers in which a trusted proxy says who sends a request. Lower-case names. */
export interface ProxyHeaders {
  userHeader: string;
  groupsHeader: string;
  emailHeader?: string | undefined;
  /** Between two groups. */
  groupsSeparator: string;
}

/** The tokens (https://www.rfc-editor.org/rfc/rfc7519) that say who sends a request. */
export interface TokenSettings {
  /** A lower-case name. In `authorization`, the token follows "Bearer". */
  header: string;
  issuer: string;
  audience: string[];
  /** Where the issuer publishes its keys; undefined: its OpenID configuration says so. */
  keysUrl?: string | undefined;
  /** Undefined: the verified e-mail address, else `preferred_username`, else `sub`. */
  nameClaim?: string | undefined;
  /** The name of a claim, or a path of names with dots, as `realm_access.roles`. */
  groupsClaim: string;
}

/** Everybody who has signed in, whatever their groups are. */
export const EVERYBODY = '*';

/** These say other things. */
const TAKEN = new Set([
  ...['accept', 'connection', 'content-encoding', 'content-length', 'content-type', 'cookie'],
  ...['expect', 'host', 'idempotency-key', 'origin', 'transfer-encoding', 'x-forwarded-prefix'],
]);

/** https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
const headerName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be the name of a header, as X-Forwarded-User')
  .transform((name) => name.toLowerCase())
  .refine((name) => !TAKEN.has(name), 'is a header that has another meaning');

const identityHeader = headerName.refine(
  (name) => name !== 'authorization',
  'is a header that has another meaning: a token in it belongs under people.token',
);

const scopes = z.array(z.enum(SCOPES)).min(1, `must have at least one of ${SCOPES.join(', ')}`);

const claim = z.string().min(1, 'must not be empty');

const keysAddress = z.string().superRefine((text, context) => {
  try {
    secureUrl(text, 'the address');
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    context.addIssue(error.message.replace(/^the address /, ''));
  }
});

export const peopleSchema = z
  .strictObject({
    proxy: z
      .strictObject({
        userHeader: identityHeader.prefault('X-Forwarded-User'),
        groupsHeader: identityHeader.prefault('X-Forwarded-Groups'),
        emailHeader: identityHeader.optional(),
        groupsSeparator: z.string().min(1, 'must not be empty').max(5).default(','),
      })
      .refine(({ emailHeader, groupsHeader, userHeader }) => {
        const names = [userHeader, groupsHeader, emailHeader].filter((each) => each !== undefined);
        return new Set(names).size === names.length;
      }, 'each header must have another name')
      .optional(),
    token: z
      .strictObject({
        header: headerName.prefault('Authorization'),
        issuer: keysAddress,
        audience: z
          .union([claim, z.array(claim).min(1, 'must have an audience')], {
            error: 'must be a text or a list of texts: whom the tokens are for',
          })
          .transform((given) => [given].flat()),
        keysUrl: keysAddress.optional(),
        nameClaim: claim.optional(),
        groupsClaim: claim.default('groups'),
      })
      .optional(),
    roles: z
      .record(z.string().min(1), scopes)
      .refine((roles) => Object.keys(roles).length > 0, 'must have a group'),
    tenants: z.record(z.string().min(1), tenantSchema).default({}),
    signOutUrl: z
      .string()
      .regex(/^(?:https:\/\/[^\s]+|\/(?![/\\])[^\s\\]*)$/, 'must be a path, or begin with https://')
      .optional(),
  })
  .refine(
    ({ proxy, token }) => proxy !== undefined || token !== undefined,
    'needs "proxy", "token" or both: who says which people sign in',
  )
  .superRefine(({ roles, tenants }, context) => {
    for (const group of Object.keys(tenants)) {
      const scopes = own(roles, group);
      const message =
        scopes === undefined
          ? `is no group of people.roles; ${remedy(group, Object.keys(roles))}`
          : 'has the scope metrics, and metrics count the messages of all tenants: take it out of the role';
      if (scopes && !scopes.includes('metrics')) continue;
      context.addIssue({ code: 'custom', path: ['tenants', group], message });
    }
  })
  .optional();

/** Throws a ConfigurationError where headers would be believed of nobody. */
export function peopleOf(
  settings: z.output<typeof peopleSchema>,
  trustedProxies: readonly AddressRange[],
): People | undefined {
  if (settings === undefined) return undefined;
  if (settings.proxy && trustedProxies.length === 0) {
    throw new ConfigurationError(
      'people.proxy: needs SENDPROOF_TRUSTED_PROXIES: set it to the addresses of the proxies whose headers say who a person is, as 10.1.2.3.',
    );
  }
  const { proxy, roles, signOutUrl, tenants, token } = settings;
  return {
    ...{ proxy, token, signOutUrl },
    roles: new Map(Object.entries(roles)),
    tenants: new Map(Object.entries(tenants)),
  };
}
