/** Fails where a package that ships has a licence that isn't allowed. Reads package-lock.json and node_modules. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { licenceFaults, type LockedPackage, type StatedLicence } from './licences.js';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
const faults = licenceFaults(packages, (path) => {
  const file = join(path, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as StatedLicence) : undefined;
});
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
