/** The software bill of materials has all that ships, and nothing else. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);

interface Locked {
  version: string;
  integrity: string;
  dev?: boolean;
}
interface Component {
  name: string;
  version: string;
  purl: string;
  hashes: { alg: string; content: string }[];
  licenses?: object[];
}
interface Sbom {
  bomFormat: string;
  metadata: { component: { name: string; type: string; version: string } };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

let directory: string;
let sbom: Sbom;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-'));
  const file = join(directory, 'sbom.json');
  await run(process.execPath, [resolve('dist/dev/writeSbom.js'), file]);
  sbom = JSON.parse(await readFile(file, 'utf8')) as Sbom;
});
afterAll(() => rm(directory, { recursive: true }));

it('is the bill of this product, by the form CycloneDX', async () => {
  const { name, version } = JSON.parse(
    await readFile('package.json', 'utf8'),
  ) as Sbom['metadata']['component'];
  expect(sbom.bomFormat).toBe('CycloneDX');
  expect(sbom.metadata.component).toMatchObject({ name, version, type: 'application' });
});

it('names each package that ships, with its checksum, and none of development alone', async () => {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const shipped = Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([path, { version, integrity }]) => {
      const checksum = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
      return `${path.replace(/^.*node_modules\//, '')}@${version} ${checksum}`;
    });
  const named = sbom.components.map(
    ({ name, version, hashes }) =>
      `${name}@${version} ${hashes.find(({ alg }) => alg === 'SHA-512')?.content ?? ''}`,
  );
  expect(new Set(named)).toEqual(new Set(shipped));
});

it('says of each package which licence it has, and what depends on what', () => {
  const silent = sbom.components.filter(({ licenses }) => (licenses ?? []).length === 0);
  // The one that states none: dev/licences.ts.
  expect(silent.map(({ name }) => name)).toEqual(['unionfs']);
  const product = sbom.dependencies.find(({ ref }) => ref.startsWith('sendproof@'));
  expect(product?.dependsOn).toContainEqual(expect.stringMatching(/^@opentelemetry\/api@/));
});
