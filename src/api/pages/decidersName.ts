/** The name of whoever decides: asked for once, and offered again by the same browser. It proves nothing, and is shown as given. */
import type { Request, Response } from 'express';
import type { Caller } from '../caller.js';
import { invalidRequest } from '../problem.js';
import { cookieAttributes } from './session.js';

const COOKIE = 'sendproof_name';
const REMEMBERED_MS = 90 * 86_400_000;

/** As long as a name in history may be. */
const LONGEST = 1_000;

/** In bytes, as the cookie has the name. */
const LONGEST_COOKIE = 1_000;

/** Throws a Problem where neither the caller nor the form says who decides. */
export function assertNamed({ decidesByName }: Caller, by: string | undefined): void {
  if (decidesByName || by !== undefined) return;
  throw invalidRequest([{ field: 'by', detail: 'enter your name: it is kept with the decision' }]);
}

/** Remembers a valid name, unless it makes every later request of the browser too large for proxies. */
export function rememberName(request: Request, response: Response, name: string | undefined): void {
  if (name === undefined || encodeURIComponent(name).length > LONGEST_COOKIE) return;
  const attributes = { ...cookieAttributes(request, response), maxAge: REMEMBERED_MS };
  response.cookie(COOKIE, name, attributes);
}

/** Undefined where the browser has none, or one that no form has set. */
export function rememberedName(request: Pick<Request, 'get'>): string | undefined {
  const [, encoded] = /(?:^|; *)sendproof_name=([^;]*)/.exec(request.get('cookie') ?? '') ?? [];
  if (encoded === undefined) return undefined;
  try {
    const name = decodeURIComponent(encoded).trim();
    return name === '' || name.length > LONGEST ? undefined : name;
  } catch {
    return undefined;
  }
}
