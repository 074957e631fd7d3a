/**
 * Keeps callbacks, whose URLs come from outside, away from the internal network: cloud metadata, databases, admin pages
 * (server-side request forgery, https://owasp.org/www-community/attacks/Server_Side_Request_Forgery).
 */
import { lookup as resolve, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';

/** A range of IP addresses. */
export type AddressRange = ReturnType<typeof ipaddr.parseCIDR>;

/** Parses `10.1.2.0/24`, `fd00::/8` or a single address; undefined where it is neither. */
export function parseAddressRange(text: string): AddressRange | undefined {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!isIP(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/**
 * Whether an address is public, or in a listed range. Everything that IANA's registries reserve is not public: private,
 * loopback, link-local, carrier-grade NAT, multicast, documentation, and what embeds an IPv4 address (6to4, Teredo, NAT64).
 * An IPv4-mapped IPv6 address counts as the IPv4 address that it is.
 */
export function isAllowedAddress(address: string, listed: readonly AddressRange[]): boolean {
  const parsed = ipaddr.process(address);
  return (
    parsed.range() === 'unicast' ||
    listed.some((range) => range[0].kind() === parsed.kind() && parsed.match(range))
  );
}

/** The address is not allowed. No connection was made. */
export class AddressNotAllowed extends Error {
  override readonly name = 'AddressNotAllowed';
}

/**
 * Connects to allowed addresses only. It checks the address that it then connects to, so that a name which resolves to another
 * one a moment later (DNS rebinding) has no effect. A name with even one address that isn't allowed is refused.
 *
 * @param timeoutMs until the connection stands
 * @param names resolves a host name, as `dns.lookup` does
 */
export function guardedConnector(
  listed: readonly AddressRange[],
  timeoutMs: number,
  names: typeof resolve = resolve,
): buildConnector.connector {
  const lookup: LookupFunction = (hostname, options, callback) => {
    names(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, []);
        return;
      }
      const refused = addresses.find(({ address }) => !isAllowedAddress(address, listed));
      const [first] = addresses;
      if (refused) callback(notAllowed(hostname, refused), []);
      else if (options.all || !first) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
  const connect = buildConnector({ timeout: timeoutMs, lookup });
  return (options, callback) => {
    // IP addresses are not looked up, so they are checked here.
    const address = options.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(address) && !isAllowedAddress(address, listed)) {
      callback(notAllowed(address), null);
      return;
    }
    connect(options, callback);
  };
}

function notAllowed(hostname: string, resolved?: LookupAddress): AddressNotAllowed {
  const leads = resolved ? `${hostname} resolves to ${resolved.address}` : hostname;
  const range = ipaddr.process(resolved?.address ?? hostname).range();
  return new AddressNotAllowed(`${leads}, which is not a public address (${range})`);
}
