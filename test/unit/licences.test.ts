/** Which licences of packages the check lets pass. The packages that ship are checked by `npm run check`. */
import { expect, it } from 'vitest';
import { licenceFaults, type StatedLicence } from '../../dev/licences.js';

const PATH = 'node_modules/a/node_modules/@scope/b';

/** With one package, and the exceptions of the test alone. */
function faults(
  license: string | undefined,
  {
    dev = false,
    installed,
    excepted,
  }: { dev?: boolean; installed?: StatedLicence; excepted?: string } = {},
): string[] {
  const locked = { '': {}, [PATH]: { ...(license === undefined ? {} : { license }), dev } };
  const exceptions = new Map(
    excepted === undefined ? [] : [['@scope/b', { licence: excepted, reason: 'tried' }]],
  );
  return licenceFaults(locked, (path) => (path === PATH ? installed : undefined), exceptions);
}

it.each([
  'MIT',
  'ISC',
  '0BSD',
  'Apache-2.0 AND MIT',
  'MIT OR GPL-3.0-only',
  '(GPL-2.0-only OR MIT)',
])('lets %s pass', (licence) => {
  expect(faults(licence)).toEqual([]);
});

it.each([
  undefined,
  '',
  'GPL-3.0-only',
  'AGPL-3.0-or-later',
  'UNLICENSED',
  'SEE LICENSE IN LICENSE.md',
  'BUSL-1.1',
  'MIT AND GPL-3.0-only',
  'MIT OR (GPL-3.0-only AND ISC)',
  'MIT OR GPL-3.0-only AND ISC',
  'mit',
])('refuses %s, and says where', (licence) => {
  expect(faults(licence)).toEqual([expect.stringMatching(`^${PATH}: .* isn't allowed`)]);
});

it('asks nothing of what only development needs', () => {
  expect(faults('GPL-3.0-only', { dev: true })).toEqual([]);
});

it.each<[string, StatedLicence]>([
  ['a text', { license: 'MIT' }],
  ['an object', { license: { type: 'MIT' } }],
])('reads the licence of an installed package as %s', (_form, installed) => {
  expect(faults('MIT', { installed })).toEqual([]);
  expect(faults('ISC', { installed })).toEqual([
    expect.stringContaining('the package the licence MIT'),
  ]);
});

it('reads a list of licences as a choice', () => {
  const installed = { licenses: [{ type: 'GPL-3.0-only' }, { type: 'MIT' }] };
  expect(faults('(GPL-3.0-only OR MIT)', { installed })).toEqual([]);
});

it('lets an exception pass with the licence that it names and no other', () => {
  expect(faults('PSF-2.0', { excepted: 'PSF-2.0' })).toEqual([]);
  expect(faults('GPL-3.0-only', { excepted: 'PSF-2.0' })).toHaveLength(1);
});

it('refuses an exception that is no longer needed', () => {
  expect(faults('MIT', { excepted: 'PSF-2.0' })).toEqual([
    `${PATH}: the licence MIT needs no exception.`,
  ]);
  expect(faults('MIT', { dev: true, excepted: 'PSF-2.0' })).toEqual([
    "@scope/b: the exception is for a package that doesn't ship.",
  ]);
});
