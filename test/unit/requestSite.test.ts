import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAllowedHost, isFromOtherSite } from '../../src/lib/requestSite.js';

describe('a Host header', () => {
  const NAMES = ['sendproof.example.com', '*.tools.example.com'];

  it.each([
    undefined,
    ...['localhost', 'localhost:3000', 'LOCALHOST:3000', 'localhost.', 'localhost.:3000'],
    ...['app.localhost', 'app.localhost:3000', 'host.docker.internal:3000'],
    ...['127.0.0.1', '127.0.0.1:3000', '127.9.9.9:1', '10.1.2.3:3000', '192.0.2.1'],
    ...['[::1]', '[::1]:3000', '[fe80::1%eth0]:3000', '[2001:db8::1]'],
    ...['sendproof.example.com', 'Sendproof.Example.com:443', 'sendproof.example.com.'],
    ...['a.tools.example.com', 'a.b.tools.example.com:8443'],
  ])('is allowed: %s', (host) => {
    expect(isAllowedHost(host, NAMES)).toBe(true);
  });

  it.each([
    ...['', ' ', ':3000', 'evil.example', 'evil.example:3000', 'example.com', 'localhost.evil'],
    ...['localhost.evil.example:3000', '127.0.0.1.evil.example', '127.0.0.1.nip.io:3000'],
    ...['evil-localhost', 'evillocalhost', '.localhost.evil', 'xn--localhost'],
    ...['sendproof.example.com.evil.example', 'evilsendproof.example.com', 'tools.example.com'],
    ...['eviltools.example.com', 'a@localhost', 'localhost@evil.example', 'evil.example#localhost'],
    ...['localhost/evil', 'localhost:3000:evil', 'localhost:port', 'localhost, evil.example'],
    ...['[::1', '::1', '[evil]', '[127.0.0.1]', '[::1]evil', '127.1', '2130706433', '0x7f.0.0.1'],
    ...['host.docker.internal.evil.example', 'other.internal', 'constructor', '__proto__'],
  ])('is refused: %s', (host) => {
    expect(isAllowedHost(host, NAMES)).toBe(false);
  });

  it('is refused with any name that nobody has listed', () => {
    fc.assert(
      fc.property(fc.domain(), fc.option(fc.nat(65_535)), (name, port) => {
        expect(isAllowedHost(port === null ? name : `${name}:${port}`)).toBe(false);
      }),
    );
  });

  it('is allowed with any address', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6().map((address) => `[${address}]`),
        ),
        (address) => {
          expect(isAllowedHost(address)).toBe(true);
          expect(isAllowedHost(`${address}:3000`)).toBe(true);
        },
      ),
    );
  });

  it('may have any text without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (host) => {
        expect(typeof isAllowedHost(host)).toBe('boolean');
      }),
    );
  });
});

describe('a request', () => {
  const host = 'localhost:3000';
  const PUBLIC = 'https://sendproof.example.com';

  it.each<[string, Record<string, string>]>([
    ['a program', { host }],
    [
      'this site’s page',
      { host, 'sec-fetch-site': 'same-origin', origin: 'http://localhost:3000' },
    ],
    [
      'this site’s page in a browser without Sec-Fetch-Site',
      { host, origin: 'http://localhost:3000' },
    ],
    ['this site’s page behind a proxy that ends TLS', { host, origin: 'https://localhost:3000' }],
    ['this site’s page at the default port', { host: 'a.example:80', origin: 'http://a.example' }],
    ['this site’s page behind a proxy with a name', { host: 'upstream', origin: PUBLIC }],
    [
      'this site’s page behind a proxy that nobody has named',
      { host: 'upstream', origin: 'https://other.example.com', 'sec-fetch-site': 'same-origin' },
    ],
    ['a person', { host, 'sec-fetch-site': 'none' }],
  ])('of %s is not from another site', (_, headers) => {
    expect(isFromOtherSite(headers, PUBLIC)).toBe(false);
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { host, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['another port or subdomain', { host, 'sec-fetch-site': 'same-site' }],
    ['one that claims two things', { host, 'sec-fetch-site': 'same-origin, cross-site' }],
    ['one with a word that no browser has', { host, 'sec-fetch-site': 'SAME-ORIGIN' }],
    ['another origin', { host, origin: 'https://evil.example' }],
    [
      'another origin, of a person',
      { host, origin: 'https://evil.example', 'sec-fetch-site': 'none' },
    ],
    ['another port', { host, origin: 'http://localhost:8080' }],
    ['another port, of which ours begins alike', { host, origin: 'http://localhost:30001' }],
    ['a sandboxed frame', { host, origin: 'null' }],
    ['an extension', { host, origin: 'chrome-extension://abc' }],
    ['a file', { host, origin: 'file://' }],
    ['an empty origin', { host, origin: '' }],
    ['two origins', { host, origin: 'http://localhost:3000 https://evil.example' }],
    ['a user name', { host, origin: 'http://localhost:3000@evil.example' }],
    ['a file where the Host is empty', { host: '', origin: 'file://' }],
  ])('of %s is from another site', (_, headers) => {
    expect(isFromOtherSite(headers, PUBLIC)).toBe(true);
  });

  it('may have any text without an error', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (name, origin) => {
        expect(typeof isFromOtherSite({ host: name, origin })).toBe('boolean');
      }),
    );
  });
});
