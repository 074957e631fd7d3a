/**
 * Keeps requests whose URLs come from outside, or lead anywhere, away from the internal network: cloud metadata, databases, admin pages
 * (server-side request forgery, https://owasp.org/www-community/attacks/Server_Side_Request_Forgery).
 */
import { lookup as resolve, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';
import { isInRange, type AddressRange } from '../lib/addressRange.js';

/**
 * What IANA assigns as global unicast, and the blocks in it that are for something else: protocol assignments (Teredo, ORCHID,
 * benchmarking), documentation, 6to4, which embeds an IPv4 address, and AS112.
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
const NOT_PUBLIC_THERE = [
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '2620:4f:8000::/48',
].map((range) => ipaddr.IPv6.parseCIDR(range));

/**
 * Public by its number, and a service of the cloud's own: the WireServer of Azure.
 * https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const OF_THE_CLOUD = ['168.63.129.16'];

/**
 * Whether an address is public, or in a listed range. Of IPv6 only global unicast is public, and not all of that, so that no
 * form of an embedded IPv4 address passes: IPv4-compatible (`::127.0.0.1`), NAT64, 6to4, Teredo. An IPv4-mapped one counts as the
 * IPv4 address that it is.
 */
export function isAllowedAddress(address: string, listed: readonly AddressRange[]): boolean {
  return isPublic(ipaddr.process(address)) || isInRange(address, listed);
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  // The library's name for what is in no block of IANA's registry of special addresses.
  if (address.range() !== 'unicast') return false;
  if (address instanceof ipaddr.IPv4) return !OF_THE_CLOUD.includes(address.toString());
  const isElsewhere = NOT_PUBLIC_THERE.some((range) => address.match(range));
  return address.match(GLOBAL_UNICAST) && !isElsewhere && address.zoneId === undefined;
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
  const address = ipaddr.process(resolved?.address ?? hostname);
  const range = address.range();
  const kind = OF_THE_CLOUD.includes(address.toString())
    ? 'a service of the cloud'
    : range === 'unicast'
      ? 'outside of what IANA assigns as global unicast'
      : range;
  return new AddressNotAllowed(`${leads}, which is not a public address (${kind})`);
}
