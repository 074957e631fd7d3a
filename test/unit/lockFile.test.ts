/** That package-lock.json says of each package what it must be, whichever registry it comes from. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

interface Locked {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  hasInstallScript?: boolean;
}
interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  allowScripts: Record<string, boolean>;
}

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

const lock = JSON.parse(await read('package-lock.json')) as {
  lockfileVersion: number;
  packages: Record<string, Locked>;
};
const manifest = JSON.parse(await read('package.json')) as Manifest;
const fetched = Object.entries(lock.packages).filter(([path]) => path !== '');
const pathsOf = (found: [string, Locked][]) => found.map(([path]) => path);

it('has the form that every supported npm reads', () => {
  expect(lock.lockfileVersion).toBe(3);
  expect(fetched.length).toBeGreaterThan(100);
});

it('has the SHA-512 of every package, also of those for other operating systems', () => {
  const SHA_512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
  expect(pathsOf(fetched.filter(([, { integrity }]) => !SHA_512.test(integrity ?? '')))).toEqual(
    [],
  );
});

it('has an exact version of every package', () => {
  const VERSION = /^\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/;
  expect(pathsOf(fetched.filter(([, { version }]) => !VERSION.test(version ?? '')))).toEqual([]);
});

it('names no address, so that every package comes from the configured registry', async () => {
  const elsewhere = fetched.filter(([, { resolved, link }]) => resolved !== undefined || link);
  expect(pathsOf(elsewhere)).toEqual([]);
  expect(await read('.npmrc')).toMatch(/^omit-lockfile-registry-resolved=true$/m);
});

it('asks for packages by version, never by an address, a repository or a folder', () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const ranges = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(ranges.filter(([, range]) => !/^[\^~]?\d+(\.\d+){0,2}$/.test(range))).toEqual([]);
});

it('has no install script that package.json does not refuse', () => {
  const scripts = fetched.filter(([, { hasInstallScript }]) => hasInstallScript);
  const names = pathsOf(scripts).map((path) => path.replace(/^.*node_modules\//, ''));
  expect([...new Set(names)].toSorted()).toEqual(Object.keys(manifest.allowScripts).toSorted());
  expect(Object.values(manifest.allowScripts)).not.toContain(true);
});
