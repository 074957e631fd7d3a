/**
 * What a browser says of a request: by which name it reaches this server, and which site’s page makes it. Both keep other sites' pages
 * away from a server that the browser happens to reach. Programs send neither, except the Host header.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/**
 * Names of this machine that nobody can register: `.localhost` by RFC 6761, `.internal` by ICANN's reservation. The last three are
 * the names under which containers reach the machine that they run on.
 */
const LOCAL_NAMES = [
  'localhost',
  '*.localhost',
  'host.docker.internal',
  'gateway.docker.internal',
  'host.containers.internal',
];

const AUTHORITY = /^(?:\[(?<v6>[^[\]\s]+)\]|(?<name>[^[\]:/?#@\\\s]+))(?::\d{1,5})?$/;

/**
 * Whether the Host header names this machine or one of `names`, as `sendproof.example.com`, or `*.example.com` for every name below
 * it. The port doesn't count. An IP address is always allowed: whoever gives a name of theirs this machine's address (DNS
 * rebinding) has a browser send that name. Without the header, no browser has sent the request.
 */
export function isAllowedHost(header: string | undefined, names: readonly string[] = []): boolean {
  if (header === undefined) return true;
  const { v6, name } = AUTHORITY.exec(header)?.groups ?? {};
  if (v6 !== undefined) return isIP(v6) === 6;
  if (name === undefined) return false;
  if (isIP(name) === 4) return true;
  const asked = name.toLowerCase().replace(/\.$/, '');
  return [...LOCAL_NAMES, ...names].some((allowed) =>
    allowed.startsWith('*.') ? asked.endsWith(allowed.slice(1)) : asked === allowed,
  );
}

/**
 * Whether a page of another site makes the request. Another port or a subdomain is another site here, too. `ownOrigin` is the origin
 * of this server's own pages where a proxy shows them under a name that its requests don't have.
 */
export function isFromOtherSite(headers: IncomingHttpHeaders, ownOrigin?: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin') return false;
  // "none": a person's own doing, as a bookmark.
  if (site !== undefined && site !== 'none') return true;
  const { host = '', origin } = headers;
  if (origin === undefined || origin === ownOrigin) return false;
  // Also "null", the origin of pages that may have none, as those in a sandboxed frame.
  if (!URL.canParse(origin)) return true;
  const { host: originHost, protocol } = new URL(origin);
  // The same authority may be written with the default port and without it.
  const own = `${protocol}//${host}`;
  return !URL.canParse(own) || new URL(own).host !== originHost || originHost === '';
}
