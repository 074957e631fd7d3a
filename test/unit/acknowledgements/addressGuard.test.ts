import { describe, expect, it } from 'vitest';
import {
  isAllowedAddress,
  parseAddressRange,
  type AddressRange,
} from '../../../src/acknowledgements/addressGuard.js';

const ranges = (...texts: string[]): AddressRange[] =>
  texts.map((text) => {
    const range = parseAddressRange(text);
    if (!range) throw new Error(`${text} is no range`);
    return range;
  });

describe('an address that callbacks lead to', () => {
  it.each(['93.184.216.34', '1.1.1.1', '2606:4700:4700::1111', '::ffff:93.184.216.34'])(
    'is allowed where it is public: %s',
    (address) => {
      expect(isAllowedAddress(address, [])).toBe(true);
    },
  );

  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback', '127.8.9.10'],
    ['loopback', '::1'],
    ['private', '10.1.2.3'],
    ['private', '172.16.0.1'],
    ['private', '192.168.1.1'],
    ['unique local', 'fd12:3456::1'],
    ['link-local, where clouds keep their metadata', '169.254.169.254'],
    ['link-local', 'fe80::1'],
    ['site-local', 'fec0::1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['this host', '0.0.0.0'],
    ['this host', '::'],
    ['multicast', '224.0.0.1'],
    ['multicast', 'ff02::1'],
    ['broadcast', '255.255.255.255'],
    ['reserved', '240.0.0.1'],
    ['benchmarking', '198.18.0.1'],
    ['documentation', '203.0.113.7'],
    ['documentation', '2001:db8::1'],
    ['IPv4-mapped', '::ffff:127.0.0.1'],
    ['IPv4-mapped', '::ffff:a9fe:a9fe'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['IPv4-translated', '::ffff:0:10.0.0.1'],
    ['NAT64', '64:ff9b::a00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001::1'],
  ])('is not where it is %s: %s', (_, address) => {
    expect(isAllowedAddress(address, [])).toBe(false);
  });

  it('is allowed where it is listed, and its neighbours are not', () => {
    const listed = ranges('10.1.2.0/24', '192.168.7.7', 'fd00:1::/32');
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '192.168.7.7', 'fd00:1::5']) {
      expect(isAllowedAddress(address, listed), address).toBe(true);
    }
    for (const address of ['10.1.3.3', '192.168.7.8', 'fd00:2::5', '127.0.0.1']) {
      expect(isAllowedAddress(address, listed), address).toBe(false);
    }
  });

  it.each(['10.1.2.0/33', 'hooks.example.com', '10.1', '', '1.2.3.4/'])(
    'can’t be listed as “%s”',
    (text) => {
      expect(parseAddressRange(text)).toBeUndefined();
    },
  );
});
