import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

describe.each(['src/start/main.ts', 'src/api/main.ts', 'worker.ts', 'src/sandbox/main.ts'])(
  'a process (%s)',
  (program) => {
    it('ends with exit code 1 and one line where the environment can’t be used', async () => {
      const { code, output } = await run(program, { LOG_LEVEL: 'warning', HTTPS_PROXY: 'ftp://p' });
      expect(code).toBe(1);
      expect(output.trim().split('\n')).toHaveLength(1);
      expect((JSON.parse(output) as { msg: string }).msg).toMatch(
        /^LOG_LEVEL is .*\nHTTPS_PROXY has .*unset it\.$/,
      );
    });
  },
);

describe('npm start', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sendproof-'));
    await chmod(directory, 0o755);
  });
  afterAll(() => rm(directory, { recursive: true }));

  const start = async (environment: NodeJS.ProcessEnv, user?: number) =>
    await run(
      'src/start/main.ts',
      {
        SENDPROOF_CONFIG: '/dev/null',
        TEMPORAL_CLI_PATH: inject('temporalCliPath'),
        PORT: '0',
        SANDBOX_PORT: '0',
        TEMPORAL_PORT: '0',
        TEMPORAL_UI_PORT: '0',
        ...environment,
      },
      user,
    );

  it.each([
    ['a user without a name or a home may not write', 'mine/data', 54_321, /may not write there/],
    ['a file is', 'mine/file', undefined, /a file is in its place/],
    ['a file is above it', 'mine/file/data', undefined, /a file is in its place/],
  ])('names the data directory where %s', async (_, path, user, reason) => {
    await mkdir(join(directory, 'mine'), { recursive: true, mode: 0o555 });
    await chmod(join(directory, 'mine'), 0o755);
    await writeFile(join(directory, 'mine/file'), '');
    if (user !== undefined) await chmod(join(directory, 'mine'), 0o555);
    const data = join(directory, path);
    const { code, output } = await start({ SENDPROOF_DATA_DIR: data }, user);
    expect(code).toBe(1);
    expect(output.trim().split('\n')).toHaveLength(1);
    const { msg } = JSON.parse(output) as { msg: string };
    expect(msg).toContain(`The data directory ${data} can’t be used`);
    expect(msg).toMatch(reason);
    expect(msg).toContain('Set SENDPROOF_DATA_DIR');
  });

  it.each([
    ['no database', 'hello, this is text', 'it is not a SQLite database'],
    ['a damaged database', `SQLite format 3\0${'\u0007'.repeat(5_000)}`, 'Temporal can’t read it'],
  ])('names the file where temporal.db is %s', async (name, content, reason) => {
    const data = join(directory, name.replaceAll(' ', '-'));
    await mkdir(data);
    await writeFile(join(data, 'temporal.db'), content, 'latin1');
    const { code, output } = await start({ SENDPROOF_DATA_DIR: data });
    expect(code).toBe(1);
    const { msg } = JSON.parse(output.trim().split('\n').at(-1) ?? '') as { msg: string };
    expect(msg).toContain(join(data, 'temporal.db'));
    expect(msg).toContain(reason);
    expect(output).not.toContain('"stack"');
  });
});

/** Runs a program as the build has it, and resolves with its exit code and all that it wrote. */
async function run(program: string, environment: NodeJS.ProcessEnv, user?: number) {
  const compiled = resolve('dist', program.replace(/\.ts$/, '.js'));
  return await new Promise<{ code: unknown; output: string }>((done) => {
    execFile(
      ...asUser(user, [process.execPath, compiled]),
      { env: { PATH: process.env.PATH, ...environment } },
      (error, stdout, stderr) => {
        done({ code: error?.code ?? 0, output: stdout + stderr });
      },
    );
  });
}

/** Root may write everywhere, so a test that it runs takes another user id. */
function asUser(user: number | undefined, words: string[]): [string, string[]] {
  const [program = '', ...args] = words;
  if (user === undefined || process.getuid?.() !== 0) return [program, args];
  return ['setpriv', [`--reuid=${user}`, '--clear-groups', ...words]];
}
