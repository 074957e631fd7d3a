import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StartedProduct } from '../startedProduct.js';
import { eventually } from '../eventually.js';

const RESTART_ON_CHANGE = resolve('dist/dev/restartOnChange.js');

/** Each compilation and each process start of this test takes a moment, on a busy machine several. */
const PATIENCE = { timeout: 20_000, interval: 50 };

/** Stands for the product: says that it runs and that it stops, and takes a moment to stop. */
const PROGRAM = `
  setInterval(() => {}, 1_000);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () =>
    setTimeout(() => { console.log('stopped by ' + signal); process.exit(0); }, 200));
  console.log('started');
`;

let directory: string;
let development: StartedProduct;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-dev-'));
  await mkdir(join(directory, 'src'));
  await writeFile(join(directory, 'program.js'), PROGRAM);
  await writeFile(join(directory, 'src/one.ts'), '');
  // It fails while there is a file "broken".
  const scripts = { compile: 'echo compiled && test ! -e src/broken' };
  await writeFile(join(directory, 'package.json'), JSON.stringify({ scripts }));
  development = new StartedProduct(
    'sh',
    ['-c', `cd ${directory} && exec ${process.execPath} ${RESTART_ON_CHANGE} program.js`],
    { PATH: process.env.PATH },
  );
  await says('started');
});
afterEach(async () => {
  development.signal('SIGKILL');
  await development.exitCode;
  await rm(directory, { recursive: true });
});

/** Resolves when this and nothing else is what the program and the compiler have said. */
async function says(...lines: string[]): Promise<void> {
  await vi.waitFor(() => {
    const said = development.output.split('\n').filter((line) => line && !line.startsWith('dev: '));
    expect(said).toEqual(lines);
  }, PATIENCE);
}

describe('npm run dev', () => {
  it('compiles and restarts when a file is added, changed, replaced or removed', async () => {
    const said = ['started'];
    const file = join(directory, 'src/two.ts');
    const changes = [
      () => writeFile(file, ''),
      () => writeFile(file, '// changed'),
      async () => {
        await writeFile(`${directory}/two.saved`, '// replaced, as some editors do');
        await rename(`${directory}/two.saved`, file);
      },
      () => rm(file),
    ];
    for (const change of changes) {
      await change();
      said.push('compiled', 'stopped by SIGTERM', 'started');
      await says(...said);
    }
  });

  it('leaves the program running when a change doesn’t compile', async () => {
    await writeFile(join(directory, 'src/broken'), '');
    await says('started', 'compiled');
    await eventually(() => expect(development.output).toContain('waiting for the next change'));

    await rm(join(directory, 'src/broken'));
    await says('started', 'compiled', 'compiled', 'stopped by SIGTERM', 'started');
  });

  it('starts the program again after it ended by itself', async () => {
    await writeFile(join(directory, 'program.js'), 'console.log("failed"); process.exit(3)');
    await writeFile(join(directory, 'src/one.ts'), '// changed');
    await says('started', 'compiled', 'stopped by SIGTERM', 'failed');
    await eventually(() => expect(development.output).toContain('has ended (exit code 3)'));

    await writeFile(join(directory, 'program.js'), PROGRAM);
    await writeFile(join(directory, 'src/one.ts'), '// changed again');
    await says('started', 'compiled', 'stopped by SIGTERM', 'failed', 'compiled', 'started');
  });

  it('ends when the program has stopped after Ctrl-C', async () => {
    development.signal('SIGINT');

    expect(await development.exitCode).toBe(0);
    await says('started', 'stopped by SIGINT');
  });
});
