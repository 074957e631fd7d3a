/** The package from its tarball, in an empty folder. The tutorial's proof runs its other commands there. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Verdict } from '../../src/prove/verdict.js';
import { eventually } from '../eventually.js';
import { installPackedProduct, type PackedProduct } from '../packedProduct.js';
import { StartDirectory } from '../startedProduct.js';

const run = promisify(execFile);
const TSC = [resolve('node_modules/typescript/bin/tsc')];

let packed: PackedProduct;
let directory: StartDirectory;
beforeAll(async () => {
  await run(process.execPath, [...TSC, '-p', 'tsconfig.types.json']);
  packed = await installPackedProduct();
  directory = await StartDirectory.create();
  // What a proof keeps is then in a place of its own, which must be empty afterwards.
  directory.environment.TMPDIR = join(packed.folder, 'tmp');
  await mkdir(directory.environment.TMPDIR);
});
afterAll(async () => {
  await directory.remove();
  await rm(packed.folder, { recursive: true });
});

async function leftOvers(): Promise<string[]> {
  return await readdir(join(packed.folder, 'tmp'));
}

async function processesOfProofs(): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'args=']);
  return stdout.split('\n').filter((line) => line.includes(packed.folder));
}

it('gives programs the sandbox with its types', async () => {
  const program = join(packed.folder, 'program.mts');
  await writeFile(
    program,
    `import { startSandbox, type Sandbox, type SandboxPost } from 'sendproof/sandbox';
     const sandbox: Sandbox = await startSandbox({ limits: 'off' });
     sandbox.addFault({ kind: 'timeout', when: 'after', platform: 'slack', times: 1 });
     const posts: SandboxPost[] = sandbox.posts({ platform: 'slack' });
     console.log(posts.length, sandbox.faults().length);
     await sandbox.close();`,
  );
  const compilerOptions = { module: 'nodenext', target: 'es2023', strict: true, types: ['node'] };
  const typeRoots = [resolve('node_modules/@types')];
  await writeFile(
    join(packed.folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { ...compilerOptions, typeRoots, skipLibCheck: true },
      files: ['program.mts'],
    }),
  );
  await run(process.execPath, [...TSC, '-p', packed.folder]).catch((error: unknown) => {
    throw new Error((error as { stdout: string }).stdout);
  });
  const { stdout } = await run(process.execPath, [program.replace('.mts', '.mjs')]);
  expect(stdout).toBe('0 1\n');
});

it('proves on this machine that kills neither lose nor repeat a post, and leaves nothing', async () => {
  const { environment } = directory;
  const npx = ['--no-install', 'sendproof', 'prove', '--kills', '2', '--json'];
  const { stdout } = await run('npx', npx, { cwd: packed.folder, env: environment });
  expect(JSON.parse(stdout) as Verdict).toMatchObject({
    proven: true,
    kills: 2,
    shownOnce: 2,
    shownAgain: 0,
    missing: 0,
  });
  expect(await leftOvers()).toEqual([]);
  expect(await processesOfProofs()).toEqual([]);
});

it('ends the proof with Ctrl-C, and leaves nothing then either', async () => {
  const proof = directory.launch(process.execPath, [packed.command, 'prove']);
  await vi.waitFor(() => expect(proof.output).toContain('Every post is shown at http'), {
    timeout: 90_000,
  });
  proof.signal('SIGINT');
  expect(await proof.exitCode).toBe(130);
  expect(proof.output).toContain('Nothing is left');
  await eventually(async () => expect(await processesOfProofs()).toEqual([]));
  expect(await leftOvers()).toEqual([]);
});
