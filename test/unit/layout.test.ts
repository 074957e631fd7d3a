import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const COMMAND = resolve('node_modules/.bin/depcruise');
const ALL = resolve('dependency-cruiser.config.js');
const WORKFLOWS = resolve('dependency-cruiser.workflows.config.js');

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Checks a source tree of these files: path below `src/` → text. */
function check(
  config: string,
  files: Record<string, string>,
): { code: number | null; said: string } {
  const root = mkdtempSync(join(tmpdir(), 'sendproof-layout-'));
  folders.push(root);
  writeFileSync(
    join(root, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { module: 'nodenext', verbatimModuleSyntax: true } }),
  );
  writeFileSync(join(root, 'package.json'), JSON.stringify({ type: 'module' }));
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, 'src', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [COMMAND, '--config', config, 'src'],
    { cwd: root, encoding: 'utf8' },
  );
  return { code: status, said: stdout + stderr };
}

const VALUE = 'export const value = 1;\nexport type Value = 1;\n';

describe('the check of the layout', () => {
  it('accepts imports from modules below', () => {
    const { code, said } = check(ALL, {
      'lib/value.ts': VALUE,
      'domain/use.ts': "export { value } from '../lib/value.js';",
      'workflows/index.ts': "import { value } from '../domain/use.js';\nconsole.log(value);",
    });
    expect(said).toContain('no dependency violations');
    expect(code).toBe(0);
  });

  it.each([
    ['a value', "import { value } from '../domain/value.js';\nconsole.log(value);"],
    ['a type', "import type { Value } from '../domain/value.js';\nexport type Two = Value;"],
    ['an export', "export * from '../domain/value.js';"],
    ['a dynamic import', "await import('../domain/value.js');"],
  ])('refuses %s from a module above', (_, text) => {
    const { code, said } = check(ALL, { 'domain/value.ts': VALUE, 'lib/upward.ts': text });
    expect(said).toContain('lib-imports-downward: src/lib/upward.ts → src/domain/value.ts');
    expect(code).not.toBe(0);
  });

  it('refuses what a module may not see although it is below', () => {
    const { code, said } = check(ALL, {
      'temporal/value.ts': VALUE,
      'workflows/index.ts': "export { value } from '../temporal/value.js';",
    });
    expect(said).toContain('workflows-imports-downward');
    expect(code).not.toBe(0);
  });

  it('refuses a circle of types within one module', () => {
    const { code, said } = check(ALL, {
      'lib/a.ts': "import type { B } from './b.js';\nexport type A = B | 1;",
      'lib/b.ts': "import type { A } from './a.js';\nexport type B = A | 2;",
    });
    expect(said).toContain('no-circle');
    expect(code).not.toBe(0);
  });

  it('refuses a module that is not in the list', () => {
    const { code, said } = check(ALL, {
      'utils/value.ts': "import '../lib/value.js';",
      'lib/value.ts': VALUE,
    });
    expect(said).toContain('listed-module');
    expect(code).not.toBe(0);
  });

  it('refuses internals of the Temporal SDK outside the one file for them', () => {
    const text = "import { msToTs } from '@temporalio/common/lib/time.js';\nconsole.log(msToTs);";
    const { code, said } = check(ALL, { 'store/reader.ts': text });
    expect(said).toContain('sdk-internals-in-one-file: src/store/reader.ts');
    expect(code).not.toBe(0);
    expect(check(ALL, { 'temporal/sdkInternals.ts': text }).code).toBe(0);
  });

  it.each(['node:fs', 'fs', 'node:crypto', 'ms'])(
    'refuses %s where workflow code reaches it through others',
    (name) => {
      const { code, said } = check(WORKFLOWS, {
        'lib/reader.ts': `import * as it from '${name}';\nexport const value = it;`,
        'workflows/index.ts': "export { value } from '../lib/reader.js';",
      });
      expect(said).toContain('workflows-run-without-node');
      expect(code).not.toBe(0);
    },
  );

  it('lets workflow code use types of anything', () => {
    const { code, said } = check(WORKFLOWS, {
      'workflows/index.ts':
        "import type { Stats } from 'node:fs';\nexport type Size = Stats['size'];",
    });
    expect(said).toContain('no dependency violations');
    expect(code).toBe(0);
  });
});
