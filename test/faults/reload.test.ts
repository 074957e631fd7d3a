/** SIGHUP asks a process to read its configuration file again, and stops none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { ProductProcess } from './productProcess.js';

const directory = mkdtempSync(join(tmpdir(), 'sendproof-reload-'));
let api: ProductProcess | undefined;
afterEach(() => api?.kill('SIGKILL'));
afterAll(() => rmSync(directory, { recursive: true }));

it('is followed by an API that goes on, says what needs a restart, and stops by SIGTERM', async () => {
  const file = join(directory, 'sendproof.yaml');
  const write = (variable: string) =>
    writeFileSync(
      file,
      `accounts: { slack: { default: { token: { env: ${variable} } } } }\nroutes: [{ name: ${variable}, to: [slack:default/C0OPS] }]\n`,
    );
  write('ONE');
  // Nobody listens there: the API starts all the same.
  const environment = { TEMPORAL_ADDRESS: '127.0.0.1:1', PORT: '0', SENDPROOF_CONFIG: file };
  const process = new ProductProcess('api', environment);
  api = process;
  const { url } = await process.logged('The API listens');
  const count = (message: string) => process.log.filter(({ msg }) => msg === message).length;
  const APPLIED = 'The configuration file is in use as it is now';

  const before = count(APPLIED);
  process.signal('SIGHUP');
  await process.logged('SIGHUP: reading the configuration file again');
  await eventually(() => expect(count(APPLIED)).toBeGreaterThan(before));

  write('TWO');
  process.signal('SIGHUP');
  await eventually(async () => {
    const answer = await fetch(`${String(url)}/readyz`);
    const { warnings } = (await answer.json()) as { warnings: string[] };
    expect(warnings).toEqual([expect.stringContaining('accounts.slack.default.token')]);
  });
  expect(process.running).toBe(true);
  expect(await process.kill('SIGTERM')).toBe(0);
});
