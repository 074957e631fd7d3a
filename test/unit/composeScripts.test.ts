/** The scripts that the compose file runs in Temporal's admin-tools image, here with stand-ins for the image's tools. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../src/contract/searchAttributes.js';

const run = promisify(execFile);
const SCRIPTS = join(import.meta.dirname, '../../deploy/temporal');
const PASSWORD = 'a-password-for-this-test';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-scripts-'));
  await standIn('sleep', 'exit 0');
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

it.each(['setup-schema.sh', 'register-namespace.sh'])('%s is valid for sh', async (script) => {
  await expect(run('sh', ['-n', join(SCRIPTS, script)])).resolves.toBeDefined();
});

describe('setup-schema.sh', () => {
  it('creates both databases and brings each to the newest version of its schema', async () => {
    await standIn('temporal-sql-tool');
    await runScript('setup-schema.sh');

    const steps = (database: string, folder: string): string[] => [
      `temporal-sql-tool --db ${database} create`,
      `temporal-sql-tool --db ${database} setup-schema --version 0.0`,
      `temporal-sql-tool --db ${database} update-schema --schema-dir /etc/temporal/schema/postgresql/v12/${folder}/versioned`,
    ];
    expect(await calls()).toEqual([
      ...steps('temporal', 'temporal'),
      ...steps('temporal_visibility', 'visibility'),
    ]);
  });

  it('stops at the first step that fails', async () => {
    await standIn('temporal-sql-tool', 'case "$*" in *setup-schema*) exit 1;; esac');

    await expect(runScript('setup-schema.sh')).rejects.toMatchObject({ code: 1 });
    expect(await calls()).toHaveLength(2);
  });

  it('never puts the password where the list of processes shows it', async () => {
    await standIn('temporal-sql-tool');
    await runScript('setup-schema.sh');

    expect((await calls()).join('\n')).not.toContain(PASSWORD);
  });
});

describe('register-namespace.sh', () => {
  it('registers a new namespace with its retention', async () => {
    await standIn('temporal', NO_NAMESPACE_YET);
    await runScript('register-namespace.sh');

    expect(await calls()).toContainEqual(
      expect.stringMatching(/^temporal operator namespace create --namespace chat --retention 72h/),
    );
  });

  it('keeps a namespace that is there, and sets its retention', async () => {
    await standIn('temporal');
    await runScript('register-namespace.sh');

    expect(await calls()).toContain(
      'temporal operator namespace update --namespace chat --retention 72h',
    );
    expect((await calls()).join('\n')).not.toContain('namespace create');
  });

  it('registers every search attribute of the code with its type, and no other', async () => {
    await standIn('temporal');
    await runScript('register-namespace.sh');

    const types = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList' };
    expect(
      (await calls()).filter((call) => call.includes('search-attribute create')).sort(),
    ).toEqual(
      SEARCH_ATTRIBUTES.map(
        ({ name, type }) =>
          `temporal operator search-attribute create --name ${name} --type ${types[type]}`,
      ).sort(),
    );
  });

  it('ends only when every search attribute can be used', async () => {
    await standIn('temporal', refuseFirst('workflow count'));
    await runScript('register-namespace.sh');

    const queries = (await calls()).filter((call) => call.startsWith('temporal workflow count'));
    expect(queries).toHaveLength(2);
    for (const { name } of SEARCH_ATTRIBUTES) expect(queries[0]).toContain(`${name}=""`);
  });

  it('waits for a server that is still starting', async () => {
    await standIn('temporal', refuseFirst('cluster health'));
    await runScript('register-namespace.sh');

    const [first, second] = await calls();
    expect([first, second]).toEqual(Array(2).fill('temporal operator cluster health'));
  });

  it('gives up with the server’s last answer, and an exit code that stops what depends on it', async () => {
    await standIn('temporal', 'echo "connection refused" >&2; exit 1');

    await expect(runScript('register-namespace.sh', AT_ONCE)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not healthy at temporal:7233.*connection refused/s) as string,
    });
  });

  it('does not start with a search attribute that has another type', async () => {
    await standIn('temporal', 'case "$*" in *KeywordList*) echo "has type Text"; exit 1;; esac');

    await expect(runScript('register-namespace.sh', AT_ONCE)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has type Text') as string,
    });
  });
});

/** Gives up at the first refusal. */
const AT_ONCE = { PATIENCE_SECONDS: '0' };

const NO_NAMESPACE_YET = 'case "$*" in *"namespace describe"*) exit 1;; esac';

/** Fails the first call of that subcommand. */
function refuseFirst(subcommand: string): string {
  return `case "$*" in *"${subcommand}"*) mkdir "$CALLS.refused" 2>/dev/null && exit 1;; esac; exit 0`;
}

/** Puts a command on the PATH that notes how it is called, then behaves as told. */
async function standIn(command: string, behaviour = 'exit 0'): Promise<void> {
  const note = command === 'sleep' ? '' : `echo "${command} $*" >> "$CALLS"`;
  const script = `#!/bin/sh\n${note}\n${behaviour}\n`;
  await writeFile(join(directory, command), script, { mode: 0o755 });
}

async function runScript(script: string, environment: NodeJS.ProcessEnv = {}): Promise<void> {
  await run('sh', [join(SCRIPTS, script)], {
    env: {
      PATH: `${directory}:${process.env.PATH ?? ''}`,
      CALLS: callsFile(),
      SQL_PLUGIN: 'postgres12',
      SQL_HOST: 'postgresql',
      SQL_PORT: '5432',
      SQL_USER: 'temporal',
      SQL_PASSWORD: PASSWORD,
      TEMPORAL_ADDRESS: 'temporal:7233',
      TEMPORAL_NAMESPACE: 'chat',
      NAMESPACE_RETENTION: '72h',
      ...environment,
    },
  });
}

async function calls(): Promise<string[]> {
  return (await readFile(callsFile(), 'utf8')).trimEnd().split('\n');
}

function callsFile(): string {
  return join(directory, 'calls');
}
