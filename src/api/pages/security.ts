import type { RequestHandler } from 'express';
import { Problem } from '../problem.js';

/** Nothing from elsewhere, and no script or style but the pages' own files. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    // A page's address holds a key, which other sites need not learn. Without any, browsers would also hide the origin of
    // the pages' own forms.
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  });
  next();
};

/**
 * Another site's page must not decide in the name of who happens to look at it. Browsers say where a form comes from; what
 * doesn't say it is no browser, and has the API.
 */
export const onlyOwnForms: RequestHandler = (request, _response, next) => {
  const site = request.get('sec-fetch-site');
  const origin = request.get('origin');
  const own =
    site === undefined
      ? origin !== undefined && URL.canParse(origin) && new URL(origin).host === request.get('host')
      : site === 'same-origin';
  if (own) next();
  else throw new Problem('foreign_form', 'Open the page itself, and send its form from there.');
};
