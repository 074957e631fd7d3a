import { own } from './own.js';

/** The address of a proxy, and the credentials for it, which are never shown. */
export interface ProxyUrl {
  /** Without credentials, as `http://proxy.example.com:3128`. */
  url: string;
  /** `host:port`, for people. */
  address: string;
  /** Undefined where the proxy asks for none. */
  credentials: { user: string; password: string } | undefined;
}

const SCHEMES: Partial<Record<string, string>> = {
  'http:': 'http:',
  'https:': 'https:',
  'socks:': 'socks5:',
  'socks5:': 'socks5:',
  'socks5h:': 'socks5:',
};
const DEFAULT_PORTS: Partial<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Parses the value of HTTPS_PROXY and the like; without a scheme it means `http://`. Undefined where it is no such address. */
export function parseProxyUrl(text: string): ProxyUrl | undefined {
  const given = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(given)) return undefined;
  const { protocol, host, hostname, port, username, password, pathname, search } = new URL(given);
  const scheme = own(SCHEMES, protocol);
  const isAddress = hostname !== '' && /^\/?$/.test(pathname) && search === '';
  if (scheme === undefined || !isAddress) return undefined;
  const withPort = port === '' ? `${host}:${own(DEFAULT_PORTS, scheme) ?? '1080'}` : host;
  try {
    const credentials = {
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
    };
    return {
      url: `${scheme}//${withPort}`,
      address: withPort,
      credentials: username === '' && password === '' ? undefined : credentials,
    };
  } catch {
    // A percent sign that encodes nothing.
    return undefined;
  }
}
