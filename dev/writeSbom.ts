/**
 * Writes the software bill of materials (CycloneDX, JSON) of what ships to the file that is named, or to sbom.cdx.json.
 *
 * `npm sbom --omit=dev` also leaves out what both ship and are needed for development: here 82 packages, as
 * @opentelemetry/api. So npm is shown a package.json and a package-lock.json that know nothing of development.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Manifest {
  name: string;
  devDependencies?: object;
}
interface LockFile {
  packages: Record<string, { dev?: boolean; devDependencies?: object }>;
}

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

const manifest = read('package.json') as Manifest;
const lock = read('package-lock.json') as LockFile;
delete manifest.devDependencies;
delete lock.packages['']?.devDependencies;
lock.packages = Object.fromEntries(Object.entries(lock.packages).filter(([, { dev }]) => !dev));

const temporary = mkdtempSync(join(tmpdir(), 'sendproof-sbom-'));
try {
  // npm names the product by its folder.
  const folder = join(temporary, manifest.name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  const options = ['--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only'];
  const sbom = execFileSync('npm', ['sbom', ...options], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: Infinity,
  });
  writeFileSync(process.argv[2] ?? 'sbom.cdx.json', sbom);
} finally {
  rmSync(temporary, { recursive: true });
}
