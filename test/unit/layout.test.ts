import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const COMMAND = resolve('node_modules/.bin/depcruise');
const ALL = resolve('dependency-cruiser.config.js');
const WORKFLOWS = resolve('dependency-cruiser.workflows.config.js');

interface Checked {
  code: number | null;
  /** With single spaces. A violation is `error <rule>: <from> → <to>`. */
  said: string;
}

/** Checks one source tree with all these files: path below `src/` → text. */
function check(config: string, files: Record<string, string>): Checked {
  const root = mkdtempSync(join(tmpdir(), 'sendproof-layout-'));
  try {
    const compilerOptions = { module: 'nodenext', verbatimModuleSyntax: true };
    writeFileSync(join(root, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    writeFileSync(join(root, 'package.json'), JSON.stringify({ type: 'module' }));
    for (const [path, text] of Object.entries(files)) {
      const file = join(root, 'src', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    const { status, stdout } = spawnSync(process.execPath, [COMMAND, '--config', config, 'src'], {
      cwd: root,
      encoding: 'utf8',
    });
    return { code: status, said: stdout.replace(/\s+/g, ' ') };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const VALUE = 'export const value = 1;\nexport type Value = 1;\n';
const INTERNAL = "import { msToTs } from '@temporalio/common/lib/time.js';\nconsole.log(msToTs);";

describe('the check of the layout', () => {
  let bad: Checked;
  beforeAll(() => {
    bad = check(ALL, {
      'domain/value.ts': VALUE,
      'lib/value.ts': "import { value } from '../domain/value.js';\nconsole.log(value);",
      'lib/type.ts': "import type { Value } from '../domain/value.js';\nexport type Two = Value;",
      'lib/export.ts': "export * from '../domain/value.js';",
      'lib/dynamic.ts': "await import('../domain/value.js');",
      'temporal/value.ts': VALUE,
      'workflows/index.ts': "export { value } from '../temporal/value.js';",
      'lib/a.ts': "import type { B } from './b.js';\nexport type A = B | 1;",
      'lib/b.ts': "import type { A } from './a.js';\nexport type B = A | 2;",
      'utils/use.ts': "export { value } from '../domain/value.js';",
      'store/internal.ts': INTERNAL,
    });
  });

  it('accepts imports from modules below, and the one file for internals of the SDK', () => {
    const good = check(ALL, {
      'lib/value.ts': VALUE,
      'domain/use.ts': "export { value } from '../lib/value.js';",
      'workflows/index.ts': "import { value } from '../domain/use.js';\nconsole.log(value);",
      'temporal/sdkInternals.ts': INTERNAL,
    });
    expect(good.said).toContain('no dependency violations');
    expect(good.code).toBe(0);
  });

  it('fails where there is a violation', () => {
    expect(bad.code).not.toBe(0);
  });

  it.each([
    ['a value from a module above', 'lib-imports-downward: src/lib/value.ts → src/domain/value.ts'],
    ['a type from a module above', 'lib-imports-downward: src/lib/type.ts → src/domain/value.ts'],
    [
      'an export from a module above',
      'lib-imports-downward: src/lib/export.ts → src/domain/value.ts',
    ],
    [
      'a dynamic import from above',
      'lib-imports-downward: src/lib/dynamic.ts → src/domain/value.ts',
    ],
    [
      'what a module may not see although it is below',
      'workflows-imports-downward: src/workflows/index.ts → src/temporal/value.ts',
    ],
    ['a circle of types within one module', 'no-circle: src/lib/a.ts → src/lib/b.ts'],
    ['a module that is not in the list', 'listed-module: src/utils/use.ts → src/domain/value.ts'],
    [
      'internals of the Temporal SDK outside the one file for them',
      'sdk-internals-in-one-file: src/store/internal.ts → @temporalio/common/lib/time.js',
    ],
  ])('refuses %s', (_, violation) => {
    expect(bad.said).toContain(`error ${violation}`);
  });
});

describe('the check of what workflow code reaches', () => {
  it('refuses Node.js and packages, also through other modules, and nothing that is only a type', () => {
    const { code, said } = check(WORKFLOWS, {
      'workflows/types.ts': "import type { Stats } from 'node:fs';\nexport type S = Stats['size'];",
      'workflows/index.ts': "export * from '../lib/reader.js';",
      'lib/reader.ts': ['node:fs', 'os', 'node:crypto', 'ms']
        .map(
          (name, index) =>
            `import * as it${index} from '${name}';\nexport const value${index} = it${index};`,
        )
        .join('\n'),
    });
    expect(code).not.toBe(0);
    for (const name of ['crypto', 'fs', 'os', 'ms']) {
      expect(said).toContain(`error workflows-run-without-node: src/workflows/index.ts → ${name}`);
    }
    expect(said).not.toContain('src/workflows/types.ts');
  });
});
