/** The addresses that adapters send credentials to: https, or plain http that doesn't leave this machine. */
import { isIPv4 } from 'node:net';
import { ConfigurationError } from '../lib/configurationError.js';

export function isLoopback({ hostname }: URL): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}

/**
 * Parses a URL that credentials may be sent to. Throws a ConfigurationError, which never contains the URL (a webhook's is a
 * secret), where it is not an http(s) URL, or is plain http to another machine.
 *
 * @param name what the error calls the address, as `SLACK_API_URL`
 */
export function secureUrl(text: string, name: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url))) return url;
  throw new ConfigurationError(
    url?.protocol === 'http:'
      ? `${name} is plain http to another machine, which would expose the credentials: use https.`
      : `${name} is not a URL: write it as https://host/path.`,
  );
}
