/** What people do with sources: the lines of the tutorial, and the page. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runCli } from '../../src/cli/program.js';
import { startHarness, type Harness } from '../harness.js';

const SECRET = 'of-this-test';
const PAGE = readFileSync(
  resolve(import.meta.dirname, '../../docs/tutorial/from-a-source.md'),
  'utf8',
);
const configuration = /```yaml\n([^]*?)```/.exec(PAGE)?.[1] ?? '';
const command = /```sh\nnpx sendproof (.*)\n```/.exec(PAGE)?.[1] ?? '';

let harness: Harness;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sendproof-'));
  writeFileSync(join(directory, 'sendproof.yaml'), configuration);
  harness = await startHarness({
    environment: { PAGERDUTY_SECRET: SECRET },
    settings: parse(configuration) as object,
  });
});
afterAll(async () => {
  await harness.close();
  rmSync(directory, { recursive: true });
});

async function sendproof(
  args: string[],
  secret = SECRET,
): Promise<{ code: number; stdout: string }> {
  const stdout = new PassThrough();
  const code = await runCli(args, {
    environment: {
      SENDPROOF_CONFIG: join(directory, 'sendproof.yaml'),
      SENDPROOF_URL: harness.api.url,
      PAGERDUTY_SECRET: secret,
    },
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
  });
  return { code, stdout: String(stdout.read() ?? '') };
}

it('does what the tutorial says, in ten lines', async () => {
  expect(configuration.trim().split('\n').length).toBeLessThanOrEqual(10);
  const { code, stdout } = await sendproof(command.split(' '));
  expect([code, stdout]).toEqual([0, expect.stringContaining('202')]);
  await harness.waitForStatus('pagerduty:01EXAMPLETRIGGER', 'confirmed');
  const [post] = harness.sandbox.posts({ platform: 'slack', path: 'C0123ABC' });
  expect(post?.text).toContain('Disk full on db-3');
  expect(JSON.stringify(post?.content)).toContain('https://wiki.example.com/Orders+database');
});

it('shows on the page what came and what became of it, and no secret', async () => {
  expect((await sendproof(['sources', 'send', 'pagerduty'], 'another')).code).toBe(1);
  const page = await (await fetch(`${harness.api.url}/sources`)).text();
  expect(page).toContain('/v1/sources/pagerduty</code>');
  expect(page).toContain('href="/messages/pagerduty%3A01EXAMPLETRIGGER"');
  expect(page).toMatch(
    /<strong class="outcome refused">refused<\/strong>: .*X-PagerDuty-Signature/,
  );
  expect(page).not.toContain(SECRET);
  expect(page).not.toContain('Disk full');
});
