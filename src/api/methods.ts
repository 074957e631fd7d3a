import type { RequestHandler } from 'express';
import { Problem } from './problem.js';

/** Paths with the methods that each takes, as `{ '/v1/messages/{key}': ['GET', 'DELETE'] }`. */
export type Methods = Readonly<Record<string, readonly string[]>>;

/**
 * Answers OPTIONS with the methods of a path, and refuses the methods that it doesn't take. Paths that aren't listed go on.
 */
export function allowedMethods(methods: Methods): RequestHandler {
  const routes = Object.entries(methods).map(([path, taken]) => ({ form: formOf(path), taken }));
  return (request, response, next) => {
    const matching = routes.filter(({ form }) => form.test(request.path));
    if (matching.length === 0) {
      next();
      return;
    }
    const taken = new Set(matching.flatMap((route) => route.taken));
    if (taken.has('GET')) taken.add('HEAD');
    taken.add('OPTIONS');
    const allow = [...taken].sort().join(', ');
    if (request.method === 'OPTIONS') {
      response.set('Allow', allow).status(204).end();
    } else if (taken.has(request.method)) {
      next();
    } else {
      throw new Problem(
        'method_not_allowed',
        `${request.method} is not possible here. This path takes ${allow}.`,
        { headers: { Allow: allow } },
      );
    }
  };
}

/** Like express, with any case and with or without a slash at the end. */
function formOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}/?$`, 'i');
}
