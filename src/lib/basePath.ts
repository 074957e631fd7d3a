/** The base path: where a reverse proxy shows the API and its pages, as `/sendproof`; empty at the root. */

/** The first parts of the API's own paths. Below such a base path, nobody could tell with and without it apart. */
export const OWN_FIRST_PARTS = [
  'v1',
  'messages',
  'conversations',
  'batches',
  'sources',
  'dead-letters',
  'decisions',
  'sign-in',
  'sign-out',
  'assets',
  'healthz',
  'readyz',
  'metrics',
  'openapi.json',
];

const LONGEST = 200;

/**
 * Parses `/sendproof` or `/tools/sendproof`, with or without a slash at its end; `/` is the empty base path. Undefined for
 * anything else: what is returned is safe in a page, a header and a cookie, and stays a path of the same host.
 */
export function parseBasePath(text: string): string | undefined {
  const path = text.replace(/\/$/, '');
  const parts = path.split('/').slice(1);
  const isPath = /^(?:\/[\w.~-]+)*$/.test(path) && text.startsWith('/') && path.length <= LONGEST;
  const isDotted = parts.some((part) => /^\.+$/.test(part));
  return isPath && !isDotted && !isOwn(parts[0]) ? path : undefined;
}

function isOwn(firstPart: string | undefined): boolean {
  return firstPart !== undefined && OWN_FIRST_PARTS.includes(firstPart.toLowerCase());
}
