import { lookup } from 'node:dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AddressNotAllowed,
  guardedConnector,
  isAllowedAddress,
} from '../../../src/http/addressGuard.js';
import { parseAddressRange, type AddressRange } from '../../../src/lib/addressRange.js';

const ranges = (...texts: string[]): AddressRange[] =>
  texts.map((text) => {
    const range = parseAddressRange(text);
    if (!range) throw new Error(`${text} is no range`);
    return range;
  });

/** Where a connection to the host of this URL would go; with a resolver for `localhost` and for what is no name. */
async function connectTo(url: string, listed: AddressRange[] = []): Promise<Error | null> {
  const names: typeof lookup = Object.assign(
    (_name: string, _options: unknown, callback: (error: null, found: object[]) => void) => {
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    },
    { __promisify__: lookup.__promisify__ },
  ) as typeof lookup;
  const connect = guardedConnector(listed, 500, names);
  const { hostname, protocol } = new URL(url);
  return await new Promise((done) => {
    connect({ hostname, protocol, port: '1' }, (...[error]) => {
      done(error);
    });
  });
}

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
    ['IPv4-compatible, in hexadecimal', '::7f00:1'],
    ['IPv4-compatible, and public', '::5db8:d822'],
    ['local NAT64', '64:ff9b:1::a00:1'],
    ['NAT64 of a public address', '64:ff9b::5db8:d822'],
    ['ORCHID', '2001:10::1'],
    ['ORCHIDv2', '2001:2f:ffff::1'],
    ['benchmarking', '2001:2::1'],
    ['protocol assignments', '2001:1ff::1'],
    ['documentation', '3fff::1'],
    ['segment routing', '5f00::1'],
    ['discard-only', '100::1'],
    ['AS112', '2620:4f:8000::1'],
    ['not assigned', '4000::1'],
    ['not assigned', 'e000::1'],
    ['6to4 relay', '192.88.99.1'],
    ['the WireServer of Azure', '168.63.129.16'],
    ['the WireServer of Azure, IPv4-mapped', '::ffff:168.63.129.16'],
    ['with a zone', 'fe80::1%eth0'],
  ])('is not where it is %s: %s', (_, address) => {
    expect(isAllowedAddress(address, [])).toBe(false);
  });

  it.each([
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://localhost./',
    'http://[::1]/',
    'http://[::7f00:1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[2002:7f00:1::]/',
    'http://①②⑦.0.0.1/',
    'http://0/',
  ])('is not where it is this machine in another form: %s', async (url) => {
    expect(await connectTo(url)).toBeInstanceOf(AddressNotAllowed);
  });

  it('is judged by IPv6 that is assigned to networks, never by the IPv4 address within', () => {
    const parts = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(parts, (groups) => {
        const address = groups.map((group) => group.toString(16)).join(':');
        const [first = 0] = groups;
        const isGlobal = first >= 0x2000 && first <= 0x3fff;
        if (!isGlobal) expect(isAllowedAddress(address, [])).toBe(false);
      }),
    );
    const octets = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 255 })));
    fc.assert(
      fc.property(octets, ([a = 0, b = 0, c = 0, d = 0]) => {
        const high = (a * 256 + b).toString(16);
        const low = (c * 256 + d).toString(16);
        const forms = ['::', '64:ff9b::', '64:ff9b:1::', '::ffff:0:', '2001::', '100::', 'fc00::'];
        for (const form of [
          ...forms.map((each) => `${each}${high}:${low}`),
          `2002:${high}:${low}::`,
        ]) {
          expect(isAllowedAddress(form, []), form).toBe(false);
        }
        const itself = isAllowedAddress([a, b, c, d].join('.'), []);
        expect(isAllowedAddress(`::ffff:${high}:${low}`, [])).toBe(itself);
      }),
    );
  });

  it('is allowed where its IPv4 range is listed as IPv6 writes it', () => {
    const listed = ranges('::ffff:10.1.2.0/120');
    expect(isAllowedAddress('10.1.2.3', listed)).toBe(true);
    expect(isAllowedAddress('10.1.3.3', listed)).toBe(false);
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

  it.each([
    '10.1.2.0/33',
    'hooks.example.com',
    '10.1',
    '',
    '1.2.3.4/',
    '10/8',
    '1/8',
    '10.1/16',
    '0x7f.1/8',
    '010.0.0.0/8',
    '10.0.0.0/08',
    '10.0.0.0/+8',
    'fd00::/08',
    'fe80::%eth0/10',
  ])('can’t be listed as “%s”', (text) => {
    expect(parseAddressRange(text)).toBeUndefined();
  });
});
