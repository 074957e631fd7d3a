/** Behind a reverse proxy the API has a base path: requests come with or without it, and every path in an answer has it. */
import type { Request, RequestHandler, Response } from 'express';
import type { Configuration } from '../config/configuration.js';
import { isInRange } from '../lib/addressRange.js';
import { parseBasePath } from '../lib/basePath.js';

/** Finds the base path of a request, and takes it off the request's path. */
export function takeOffBasePath(configuration: Configuration): RequestHandler {
  return (request, response, next) => {
    const forwarded = forwardedPrefix(request, configuration);
    response.locals.basePath = forwarded ?? configuration.basePath;
    const passedOn = [forwarded, configuration.basePath].find(
      (basePath) => basePath && isBelow(request.url, basePath),
    );
    request.url = withoutBasePath(request.url, passedOn ?? '');
    next();
  };
}

/** The base path of the request that is being answered, as `/sendproof`; empty at the root. */
export function basePathOf(response: Response): string {
  return (response.locals as { basePath?: string }).basePath ?? '';
}

/** A path of the product, with or without the base path, as a path without it. */
export function withoutBasePath(path: string, basePath: string): string {
  return isBelow(path, basePath) ? path.slice(basePath.length).replace(/^(?!\/)/, '/') : path;
}

/** Undefined where the header is missing, malformed, or of a sender that isn't a trusted proxy. */
function forwardedPrefix(
  request: Request,
  { trustedProxies }: Pick<Configuration, 'trustedProxies'>,
): string | undefined {
  const { remoteAddress } = request.socket;
  if (remoteAddress === undefined || !isInRange(remoteAddress, trustedProxies)) return undefined;
  return parseBasePath(request.get('x-forwarded-prefix') ?? '');
}

function isBelow(url: string, basePath: string): boolean {
  return url.startsWith(basePath) && /^(?:$|[/?])/.test(url.slice(basePath.length));
}
