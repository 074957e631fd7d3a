/** Which proxy a request to the outside goes through: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as other programs read them. */
import { isIP } from 'node:net';
import { isInRange, parseAddressRange } from '../lib/addressRange.js';
import { readVariables } from '../lib/environment.js';
import type { ProxyUrl } from '../lib/proxyUrl.js';

export interface Proxy extends ProxyUrl {
  /** The environment variable that names it. */
  variable: string;
}

export interface ProxySettings {
  /** Undefined where requests go directly. */
  proxy: Proxy | undefined;
  /** Whether requests to this host go directly all the same. */
  isExempt: (url: URL) => boolean;
}

/**
 * @throws ConfigurationError that names the variable whose value can't be used
 */
export function readProxySettings(environment: NodeJS.ProcessEnv): ProxySettings {
  const variables = readVariables(environment, [
    'https_proxy',
    'HTTPS_PROXY',
    'http_proxy',
    'HTTP_PROXY',
    'no_proxy',
    'NO_PROXY',
  ]);
  const names = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'] as const;
  const variable = names.find((name) => variables[name] !== undefined);
  const url = variable && variables[variable];
  const exempt = (variables.no_proxy ?? variables.NO_PROXY ?? '').split(/[\s,]+/).map(parseEntry);
  return {
    proxy: variable && url ? { ...url, variable } : undefined,
    isExempt: (target) => exempt.some((matches) => matches(target)),
  };
}

/**
 * `*`, `example.com` with all its subdomains (also as `.example.com` or `*.example.com`), each perhaps with a port; an IP address
 * or a range of them.
 */
function parseEntry(entry: string): (url: URL) => boolean {
  if (entry === '*') return () => true;
  const range = parseAddressRange(entry);
  if (range) {
    return ({ hostname }) => {
      const address = hostname.replace(/^\[(.*)\]$/, '$1');
      return isIP(address) !== 0 && isInRange(address, [range]);
    };
  }
  const { name = '', port } =
    /^(?:\*?\.)?(?<name>\[[^\]]*\]|[^:]*?)\.?(?::(?<port>\d+))?$/.exec(entry.toLowerCase())
      ?.groups ?? {};
  if (name === '') return () => false;
  return ({ hostname, port: given, protocol }) => {
    const host = hostname.replace(/\.$/, '');
    return (
      (host === name || host.endsWith(`.${name}`)) &&
      (port === undefined || port === (given || (protocol === 'https:' ? '443' : '80')))
    );
  };
}
