/** The package as it would be published, for tests that use it as somebody without a checkout does. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '..');

export interface PackedProduct {
  /** Holds `node_modules` and nothing else; the caller removes it. */
  folder: string;
  /** The `sendproof` command in it. */
  command: string;
  /** What the tarball contains. */
  files: string[];
}

/** Makes the tarball in this folder, of the compiled code as it is. */
export async function packInto(folder: string): Promise<{ tarball: string; files: string[] }> {
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: ROOT });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (!packed) throw new Error(`npm pack made nothing: ${stdout}`);
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path),
  };
}

/**
 * Has npm install the versions that this checkout has, and not the newest ones. `npm ci` has put them into npm's cache, so that
 * nothing depends on the registry.
 */
export async function keepVersionsIn(folder: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const packages = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && !dev);
  await writeFile(
    join(folder, 'package-lock.json'),
    JSON.stringify({ ...lock, packages: { '': {}, ...Object.fromEntries(packages) } }),
  );
  // npm looks for a project in the folders above where it finds nothing here.
  await mkdir(join(folder, 'node_modules'));
}

/** Dependencies are this checkout's, but only those that the package itself names. */
export async function installPackedProduct(): Promise<PackedProduct> {
  const folder = await mkdtemp(join(tmpdir(), 'sendproof-packed-'));
  const modules = join(folder, 'node_modules');
  const product = join(modules, 'sendproof');
  await mkdir(product, { recursive: true });

  const { tarball, files } = await packInto(folder);
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', product]);

  const manifest = JSON.parse(await readFile(join(product, 'package.json'), 'utf8')) as {
    bin: { sendproof: string };
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(modules, name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), link);
  }
  const command = join(product, manifest.bin.sendproof);
  // As npm does with the commands of a package that it installs.
  await chmod(command, 0o755);
  await mkdir(join(modules, '.bin'));
  await symlink(command, join(modules, '.bin', 'sendproof'));
  return { folder, command, files };
}
