/** Which licences the packages that ship may have, and what is wrong with those that package-lock.json names. */

/** Permissive, and asking for no more than that their text is kept. By their names in the SPDX list. */
const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
]);

interface Exception {
  /** As the package states it; undefined where it states none. */
  licence: string | undefined;
  reason: string;
}

/** By the package's name. */
const EXCEPTIONS: ReadonlyMap<string, Exception> = new Map<string, Exception>([
  [
    'argparse',
    { licence: 'PSF-2.0', reason: 'Permissive: the licence of Python, whose module it follows.' },
  ],
  [
    'caniuse-lite',
    {
      licence: 'CC-BY-4.0',
      reason:
        'Data, unchanged. It only tells webpack, in the SDK of Temporal, what browsers can do.',
    },
  ],
  [
    'fast-sha256',
    {
      licence: 'Unlicense',
      reason: 'Public domain, with a permissive licence where there is none.',
    },
  ],
  [
    'fs-monkey',
    {
      licence: 'Unlicense',
      reason: 'Public domain, with a permissive licence where there is none.',
    },
  ],
  [
    'graceful-fs',
    {
      licence: 'BlueOak-1.0.0',
      reason: 'Permissive, approved by the OSI. Too young for some lists.',
    },
  ],
  ['unionfs', { licence: undefined, reason: 'Its LICENSE file has the text of the Unlicense.' }],
]);

/** As in package-lock.json. */
export interface LockedPackage {
  license?: string;
  /** True: only development needs it. */
  dev?: boolean;
}

/** The fields of a package.json in which a package states its licence, in the forms that npm has had. */
export interface StatedLicence {
  license?: string | { type?: string };
  licenses?: { type?: string }[];
}

/**
 * One sentence for each fault; none where all is well.
 *
 * @param packages of package-lock.json: by path, such as `node_modules/a/node_modules/@scope/b`
 * @param installed what the package.json at such a path says; undefined where the package isn't installed, as those for
 *   other operating systems
 */
export function licenceFaults(
  packages: Readonly<Record<string, LockedPackage>>,
  installed: (path: string) => StatedLicence | undefined,
  exceptions = EXCEPTIONS,
): string[] {
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev);
  const names = new Set(shipped.map(([path]) => packageName(path)));
  const unneeded = [...exceptions.keys()].filter((name) => !names.has(name));
  return [
    ...shipped.flatMap(([path, { license }]) => {
      const name = packageName(path);
      const found = installed(path);
      const stated = found === undefined ? license : statedLicence(found);
      if (stated !== license) {
        return [`${path}: package-lock.json says ${words(license)}, the package ${words(stated)}.`];
      }
      const exception = exceptions.get(name);
      if (exception && exception.licence === stated) return [];
      if (stated !== undefined && isAllowed(stated)) {
        return exception ? [`${path}: ${words(stated)} needs no exception.`] : [];
      }
      return [
        `${path}: ${words(stated)} isn't allowed. Use another package, or add an exception with its reason to dev/licences.ts.`,
      ];
    }),
    ...unneeded.map((name) => `${name}: the exception is for a package that doesn't ship.`),
  ];
}

/** @param path as `node_modules/a/node_modules/@scope/b`: gives `@scope/b` */
function packageName(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function statedLicence({ license, licenses }: StatedLicence): string | undefined {
  if (typeof license === 'string') return license;
  if (license?.type !== undefined) return license.type;
  const types = licenses?.flatMap(({ type }) => type ?? []) ?? [];
  return types.length > 0 ? `(${types.join(' OR ')})` : undefined;
}

/** Of SPDX expressions only `A`, `A OR B …` and `A AND B …`: every other form is not allowed, so that somebody reads it. */
function isAllowed(expression: string): boolean {
  const bare = /^\(([^()]*)\)$/.exec(expression)?.[1] ?? expression;
  const allowed = (licence: string): boolean => ALLOWED.has(licence);
  if (bare.includes(' AND ')) return bare.split(' AND ').every(allowed);
  return bare.split(' OR ').some(allowed) && !/[()]/.test(bare);
}

function words(licence: string | undefined): string {
  return licence === undefined ? 'no licence' : `the licence ${licence}`;
}
