import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

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

/** Runs a program as the build has it, and resolves with its exit code and all that it wrote. */
async function run(program: string, environment: NodeJS.ProcessEnv) {
  const compiled = resolve('dist', program.replace(/\.ts$/, '.js'));
  return await new Promise<{ code: unknown; output: string }>((done) => {
    execFile(
      process.execPath,
      [compiled],
      { env: { PATH: process.env.PATH, ...environment } },
      (error, stdout, stderr) => {
        done({ code: error?.code ?? 0, output: stdout + stderr });
      },
    );
  });
}
