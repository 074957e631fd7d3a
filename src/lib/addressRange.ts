/** Ranges of IP addresses, as operators list them. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A range of IP addresses. */
export type AddressRange = ReturnType<typeof ipaddr.parseCIDR>;

/**
 * Parses `10.1.2.0/24`, `fd00::/8` or a single address; undefined where it is neither. The address is written in full: `10/8`
 * means 10.0.0.0/8 to people and 0.0.0.10/8 to the library.
 */
export function parseAddressRange(text: string): AddressRange | undefined {
  const { network = '' } = /^(?<network>[^/%]+)\/(?:0|[1-9]\d{0,2})$/.exec(text)?.groups ?? {};
  if (isIP(network) && ipaddr.isValidCIDR(text)) {
    const range = ipaddr.parseCIDR(text);
    const [address, bits] = range;
    // Addresses of this form are compared as the IPv4 addresses that they are.
    return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96
      ? [address.toIPv4Address(), bits - 96]
      : range;
  }
  if (!isIP(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Whether an IP address is in one of the ranges. An IPv4-mapped one counts as the IPv4 address that it is. */
export function isInRange(address: string, ranges: readonly AddressRange[]): boolean {
  // A zone is a name of this machine's, in which the library doesn't know every character.
  const parsed = ipaddr.process(address.replace(/%.*$/, ''));
  return ranges.some((range) => range[0].kind() === parsed.kind() && parsed.match(range));
}
