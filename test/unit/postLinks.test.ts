/** The link in the footer of a post: what is signed, what is accepted, and what a message without a secret becomes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deduplicationKeySchema } from '../../src/domain/message.js';
import { messagePagePath } from '../../src/domain/messagePage.js';
import { Secret } from '../../src/lib/secret.js';
import { checkSignedLink, linkedPage, type PostLinks } from '../../src/links/postLinks.js';

const PUBLIC_URL = 'https://sendproof.example.com/base';
const NOW = Date.parse('2026-11-26T03:14:15Z');
const DAY_MS = 24 * 3_600_000;
const ENVIRONMENT = { NEW: 'the newest secret', OLD: 'the secret before it' };

function signedBy(...names: string[]): PostLinks {
  const secrets = names.map((env) => new Secret({ env }, ENVIRONMENT));
  return { kind: 'signed', secrets, validForMs: 30 * DAY_MS };
}

/** The value of the link's parameter, as a browser sends it, and the key as the API reads it. */
function opened(link: string | undefined) {
  const { pathname, searchParams } = new URL(link ?? '');
  const key = decodeURIComponent(pathname.split('/').at(-1) ?? '');
  return { key, signed: searchParams.get('signed') ?? '' };
}

const linkOf = (key: string, links: PostLinks, now = NOW) =>
  linkedPage(key, PUBLIC_URL, links, { now }).link;

const key = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    fc.string({ unit: fc.constantFrom('/', '%', '?', '#', '&', '.', '+', ' ', '%2F', '🔥', 'م') }),
    fc.constantFrom(
      '🔥'.repeat(63),
      'x'.repeat(255),
      '../%2e%2e/',
      'a/b?signed=1.x#y',
      '__proto__',
    ),
  )
  .filter((each) => deduplicationKeySchema.safeParse(each).success);

describe('a signed link', () => {
  it('leads to the message of any key, and opens it', () => {
    fc.assert(
      fc.property(key, (each) => {
        const link = linkOf(each, signedBy('NEW'));
        expect(link).toMatch(/^[\x21-\x7e]+$/);
        expect(link?.startsWith(PUBLIC_URL + messagePagePath(each))).toBe(true);
        const { key: read, signed } = opened(link);
        expect(read).toBe(each);
        expect(checkSignedLink(read, signed, signedBy('NEW'), NOW)).toBe('valid');
      }),
    );
  });

  it('is refused when any character of its time, its signature or its key is another one', () => {
    const characters = Array.from('ABCabcXYZxyz0123456789-_.~ \u0130');
    fc.assert(
      fc.property(
        key,
        fc.nat(),
        fc.constantFrom(...characters),
        fc.constantFrom('replace', 'insert', 'remove'),
        fc.boolean(),
        (each, at, character, how, ofKey) => {
          const { signed } = opened(linkOf(each, signedBy('NEW')));
          const [given, other] = ofKey ? [each, signed] : [signed, each];
          const letters = Array.from(given);
          letters.splice(
            at % letters.length,
            how === 'insert' ? 0 : 1,
            ...(how === 'remove' ? [] : [character]),
          );
          const changed = letters.join('');
          fc.pre(changed !== given);
          const [newKey, newSigned] = ofKey ? [changed, other] : [other, changed];
          expect(checkSignedLink(newKey, newSigned, signedBy('NEW'), NOW)).toBe('foreign');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is refused in every spelling of its last character, of which base64 ignores two bits', () => {
    const { signed } = opened(linkOf('a', signedBy('NEW')));
    const accepted = Array.from(
      'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
    ).filter(
      (last) => checkSignedLink('a', signed.slice(0, -1) + last, signedBy('NEW'), NOW) === 'valid',
    );
    expect(accepted).toEqual([signed.at(-1)]);
  });

  it.each([
    '',
    '.',
    '1.',
    `.${'A'.repeat(43)}`,
    `1.${'A'.repeat(43)}`,
    `${'9'.repeat(400)}.A`,
    '\0',
  ])('is not %j', (signed) => {
    expect(checkSignedLink('a', signed, signedBy('NEW'), NOW)).toBe('foreign');
  });

  it('is refused with the time of another link of the same message, and for another message', () => {
    const first = opened(linkOf('a', signedBy('NEW'))).signed;
    const later = opened(linkOf('a', signedBy('NEW'), NOW + DAY_MS)).signed;
    const [until] = later.split('.');
    const [, signature] = first.split('.');
    expect(checkSignedLink('a', `${until}.${signature}`, signedBy('NEW'), NOW)).toBe('foreign');
    expect(checkSignedLink('b', first, signedBy('NEW'), NOW)).toBe('foreign');
  });

  it('expires after its time, at a whole hour', () => {
    const { signed } = opened(linkOf('a', signedBy('NEW')));
    const end = Date.parse('2026-12-26T04:00:00Z');
    const at = (now: number) => checkSignedLink('a', signed, signedBy('NEW'), now);
    expect([at(NOW), at(end - 1), at(end), at(end + DAY_MS)]).toEqual([
      'valid',
      'valid',
      'expired',
      'expired',
    ]);
  });

  it('of minutes expires to the second', () => {
    const links = { ...signedBy('NEW'), validForMs: 300_000 } as PostLinks;
    const { signed } = opened(linkOf('a', links));
    expect(checkSignedLink('a', signed, links, NOW + 299_000)).toBe('valid');
    expect(checkSignedLink('a', signed, links, NOW + 301_000)).toBe('expired');
  });

  it('is signed with the newest secret that there is, and accepted with any', () => {
    const byNew = opened(linkOf('a', signedBy('NEW', 'OLD'))).signed;
    const byOld = opened(linkOf('a', signedBy('OLD'))).signed;
    expect(byNew).toBe(opened(linkOf('a', signedBy('NEW'))).signed);
    expect(opened(linkOf('a', signedBy('MISSING', 'OLD'))).signed).toBe(byOld);
    const check = (signed: string, ...names: string[]) =>
      checkSignedLink('a', signed, signedBy(...names), NOW);
    expect([check(byOld, 'NEW', 'OLD'), check(byNew, 'NEW', 'OLD')]).toEqual(['valid', 'valid']);
    expect([check(byOld, 'NEW'), check(byOld, 'MISSING')]).toEqual(['foreign', 'foreign']);
  });

  it('has the same length with every secret, at every time', () => {
    const lengths = [signedBy('NEW'), signedBy('OLD')].flatMap((links) =>
      [NOW, NOW + 365 * DAY_MS].map((now) => linkOf('a', links, now)?.length),
    );
    expect(new Set(lengths).size).toBe(1);
  });

  it('is that of the footer', () => {
    const { footer, link } = linkedPage('a', PUBLIC_URL, signedBy('NEW'));
    expect(footer).toBe(link);
  });

  it('is left out, and the reason told, where no secret can be read', () => {
    const faults: string[] = [];
    const onFault = ({ message }: Error) => faults.push(message);
    const page = linkedPage('a', PUBLIC_URL, signedBy('MISSING'), { onFault });
    expect(page).toEqual({ deduplicationKey: 'a', url: `${PUBLIC_URL}/messages/a` });
    expect(faults).toEqual([expect.stringContaining('MISSING')]);
  });

  it('opens nothing where signed links are switched off', () => {
    const { signed } = opened(linkOf('a', signedBy('NEW')));
    expect(checkSignedLink('a', signed, { kind: 'off' }, NOW)).toBe('foreign');
    expect(checkSignedLink('a', signed, { kind: 'page' }, NOW)).toBe('foreign');
  });
});

describe('a plain link', () => {
  it('is the address of the page', () => {
    expect(linkOf('a/b', { kind: 'page' })).toBe(`${PUBLIC_URL}/messages/a%2Fb`);
  });

  it('is made only where it is switched on, and people can reach the page', () => {
    expect(linkOf('a', { kind: 'off' })).toBeUndefined();
    expect(linkedPage('a', undefined, { kind: 'page' }).link).toBeUndefined();
  });
});
