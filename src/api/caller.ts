/** Who makes a request, and what it may do. */
import type { NextFunction, Request, Response } from 'express';
import { ALL_SCOPES, type ApiKey, type Permissions, type Scope } from '../config/keys.js';
import { Problem } from './problem.js';

export interface Caller extends Permissions {
  /** `open`: anybody on this machine, where no keys are configured. */
  kind: 'key' | 'person' | 'open';
  /** Of the key or the person. */
  name: string;
  /**
   * Whether decisions are in the caller's name, with the name that a request gives beside it. The keys of
   * `SENDPROOF_API_KEYS` have no name that people know, so there it is the one that the request gives.
   */
  decidesByName: boolean;
}

const NO_LIMITS: Omit<Permissions, 'scopes'> = {
  destinations: undefined,
  sources: undefined,
  tenant: undefined,
};

export const ANYBODY: Caller = {
  ...NO_LIMITS,
  kind: 'open',
  name: 'open',
  scopes: ALL_SCOPES,
  decidesByName: false,
};

export function callerWithKey({ name, plain, ...key }: ApiKey): Caller {
  const { destinations, scopes, sources, tenant } = key;
  const decidesByName = plain === undefined;
  return { kind: 'key', name, scopes, destinations, sources, tenant, decidesByName };
}

const callers = new WeakMap<object, Caller>();

export function setCaller(request: object, caller: Caller): void {
  callers.set(request, caller);
}

/** Who makes the request; undefined before that is known, and where the request needs no key. */
export function knownCaller(request: object): Caller | undefined {
  return callers.get(request);
}

/** Who makes the request, on routes that let nobody else through. */
export function callerOf(request: object): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error('The route does not ask who calls.');
  return caller;
}

/** Lets callers with the scope through. Answers others with 403. */
export function requireScope(scope: Scope) {
  return <Params>(request: Request<Params>, _response: Response, next: NextFunction): void => {
    assertScope(callerOf(request), scope);
    next();
  };
}

export function assertScope(caller: Caller, scope: Scope): void {
  if (caller.scopes.has(scope)) return;
  const its = [...caller.scopes].join(', ');
  throw notAllowed(
    caller,
    `lacks the scope "${scope}", which this needs. It has: ${its || 'none'}.`,
  );
}

/** For what is about the messages of all tenants. */
export function assertNoTenant(caller: Caller, what: string): void {
  if (caller.tenant === undefined) return;
  throw notAllowed(caller, `is of the tenant "${caller.tenant}", and ${what} is for all tenants.`);
}

/** @param why continues "The key "ci" …" */
export function notAllowed({ kind, name }: Caller, why: string): Problem {
  const who =
    kind === 'open' ? 'The caller' : `${kind === 'key' ? 'The key' : 'The person'} "${name}"`;
  return new Problem('not_allowed', `${who} ${why}`);
}
