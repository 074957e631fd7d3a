/** Lets people through who have signed in elsewhere: a proxy in front of the API, or a token, says who they are. */
import type { Request, RequestHandler } from 'express';
import { grantedScopes, type Scope } from '../../config/keys.js';
import { EVERYBODY, type People, type TokenSettings } from '../../config/people.js';
import { KeysUnavailable } from '../../http/publishedKeys.js';
import { ExpiringMap } from '../../lib/expiringMap.js';
import { own } from '../../lib/own.js';
import type { ApiContext } from '../apiContext.js';
import { audit } from '../audit.js';
import { keyIn } from '../authentication.js';
import { setCaller, type Caller } from '../caller.js';
import { operationOf } from '../operation.js';
import { assertOwnHost } from '../otherSites.js';
import { Problem } from '../problem.js';
import type { WrongKeys } from '../wrongKeys.js';
import type { Identity } from './identity.js';
import { statementOf } from './proxyIdentity.js';
import { TokenIdentities, TokenRefused } from './tokenIdentity.js';

/** A person who has sent nothing for so long signs in anew, as the audit sees it: there is no other sign of it. */
const PRESENT_FOR_MS = 60 * 60_000;
const MOST_PRESENT = 10_000;

/** Headers from an address that isn't trusted are reported once in this time. */
const REPORTED_FOR_MS = 60_000;
const MOST_REPORTED = 1_000;

const RETRY_AFTER_SECONDS = 5;
const MOST_GROUPS_NAMED = 10;

/**
 * Sets the caller of a request whose headers say which person sends it; requests with an API key, and those that no header
 * says anything of, go on. Throws a Problem where a token is refused, and where the person has no role.
 */
export function identifyPeople(
  context: Pick<ApiContext, 'configuration' | 'log'>,
  wrongKeys: WrongKeys,
): RequestHandler {
  const present = new ExpiringMap<true>(PRESENT_FOR_MS, MOST_PRESENT);
  const reported = new ExpiringMap<true>(REPORTED_FOR_MS, MOST_REPORTED);
  const tokens = new FollowedTokens();

  const identityIn = async (request: Request, people: People): Promise<Identity | undefined> => {
    const token = people.token && tokenIn(request, people.token);
    if (people.token && token !== undefined) {
      try {
        return await tokens.withSettings(people.token).identityOf(token);
      } catch (error) {
        if (error instanceof TokenRefused) await wrongKeys.note(request);
        throw problemOfToken(error);
      }
    }
    if (!people.proxy) return undefined;
    const said = statementOf(request, people.proxy, context.configuration.trustedProxies);
    if (said.kind === 'person') {
      // A page that has given its own name the proxy's or this machine's address (DNS rebinding) can write these headers, too.
      assertOwnHost(request, context.configuration);
      return said.identity;
    }
    const address = request.socket.remoteAddress ?? '';
    if (said.kind === 'untrusted' && reported.get(address) === undefined) {
      reported.set(address, true);
      audit(context.log, {
        action: 'request',
        caller: undefined,
        outcome: 'refused',
        reason:
          'an address that is not in SENDPROOF_TRUSTED_PROXIES says who the person is: that is ignored',
        address,
      });
    }
    return undefined;
  };

  return async (request, response, next) => {
    const { keys, people } = context.configuration;
    if (!people || keyIn(request, keys)) {
      next();
      return;
    }
    const identity = await identityIn(request, people);
    if (!identity) {
      next();
      return;
    }
    const caller = personWith(identity, people);
    setCaller(request, caller);
    if (caller.scopes.size === 0) throw hasNoRole(identity);
    if (present.get(caller.name) === undefined) {
      const address = request.socket.remoteAddress;
      const { traceId } = operationOf(request, response);
      audit(context.log, { action: 'sign_in', caller, outcome: 'accepted', address, traceId });
    }
    present.set(caller.name, true);
    next();
  };
}

/** The keys of the identity provider are kept while the settings are the same. */
class FollowedTokens {
  #settings = '';
  #identities: TokenIdentities | undefined;

  withSettings(settings: TokenSettings): TokenIdentities {
    const now = JSON.stringify(settings);
    if (!this.#identities || this.#settings !== now) {
      this.#identities = new TokenIdentities(settings);
      this.#settings = now;
    }
    return this.#identities;
  }
}

/** In `Authorization`, only what looks like a token: three parts with dots between. Anything else may be a wrong API key. */
function tokenIn(request: Request, { header }: TokenSettings): string | undefined {
  const values = own(request.headersDistinct, header) ?? [];
  if (values.length > 1) {
    throw new Problem('token_refused', `The header ${header} is sent ${values.length} times.`);
  }
  const [value = ''] = values;
  const token = value.replace(/^Bearer +/i, '').trim();
  if (header === 'authorization')
    return /^[^.\s]+\.[^.\s]+\.[^.\s]*$/.test(token) ? token : undefined;
  return token === '' ? undefined : token;
}

function problemOfToken(error: unknown): unknown {
  if (error instanceof TokenRefused) {
    return new Problem(
      'token_refused',
      `The token that says who you are is refused: ${error.message}. Sign in again.`,
      { cause: error },
    );
  }
  if (error instanceof KeysUnavailable) {
    return new Problem(
      'sign_in_unavailable',
      'The identity provider’s keys can’t be read, so nobody can be let in by its tokens. The log of the API has the reason.',
      { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS },
    );
  }
  return error;
}

/**
 * The person as a caller, who may do what any of their groups may. Who is in a group with a tenant is of that tenant: the scopes
 * of groups without one count for it too. Throws a Problem where their groups are of several tenants.
 */
export function personWith(
  { groups, name }: Identity,
  { roles, tenants }: Pick<People, 'roles' | 'tenants'>,
): Caller {
  const theirs = new Set(groups);
  const scopes = new Set<Scope>();
  const named = [...tenants].filter(([group]) => group === EVERYBODY || theirs.has(group));
  const [tenant, ...others] = new Set(named.map(([, each]) => each));
  if (others.length > 0) throw ofSeveralTenants(name);
  for (const [group, allowed] of roles) {
    if (group !== EVERYBODY && !theirs.has(group)) continue;
    for (const scope of allowed) scopes.add(scope);
  }
  return {
    kind: 'person',
    name,
    scopes: grantedScopes([...scopes], tenant),
    destinations: undefined,
    sources: undefined,
    tenant,
    decidesByName: true,
  };
}

function ofSeveralTenants(name: string): Problem {
  return new Problem(
    'not_allowed',
    `You are signed in as "${name}", and your groups belong to several tenants in people.tenants of the configuration. Ask whoever runs sendproof to leave you in one of them.`,
  );
}

function hasNoRole({ groups, name }: Identity): Problem {
  const named = groups.slice(0, MOST_GROUPS_NAMED).map((group) => `"${group}"`);
  const more = groups.length > named.length ? ` and ${groups.length - named.length} more` : '';
  const theirs =
    groups.length === 0
      ? 'no groups came with it'
      : `none of your groups (${named.join(', ')}${more}) has a role in sendproof`;
  return new Problem(
    'no_role',
    `You are signed in as "${name}", but ${theirs}. Ask whoever runs sendproof to list one of your groups in people.roles of the configuration.`,
  );
}
