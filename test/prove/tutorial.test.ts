/** The commands of the tutorial and of the README, as they are written there, with the package from its tarball in an empty folder. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SandboxPost } from '../../src/sandbox/sandbox.js';
import type { MessageState } from '../harness.js';
import { installPackedProduct, type PackedProduct } from '../packedProduct.js';
import { StartDirectory, type StartedProduct } from '../startedProduct.js';

const ROOT = resolve(import.meta.dirname, '../..');
/** The tutorial's order: each page begins where the one before ended. */
const TUTORIAL = ['first-message', 'break-and-fix', 'read-the-timeline'].map(
  (page) => `docs/tutorial/${page}.md`,
);

let packed: PackedProduct;
let directory: StartDirectory;
let product: StartedProduct;
beforeAll(async () => {
  packed = await installPackedProduct();
  await start();
});
afterAll(async () => {
  await directory.remove();
  await rm(packed.folder, { recursive: true });
});

async function start(): Promise<void> {
  directory = await StartDirectory.create();
  product = await directory.start(process.execPath, [packed.command, 'start']);
}

interface Ran {
  command: string;
  exitCode: number;
  output: string;
}

/** Runs the shell blocks of a page, but for the start itself, which was done. */
async function runCommandsOf(page: string): Promise<Ran[]> {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const ran: Ran[] = [];
  for (const command of blocks.filter((block) => !block.includes('npm start'))) {
    ran.push(await runInShell(command));
  }
  return ran;
}

/** On ports of its own, and with the command of the package. */
function runInShell(command: string): Promise<Ran> {
  const api = product.address('API');
  const script = `npx() { shift; ${process.execPath} ${packed.command} "$@"; }\n${command
    .replaceAll('http://127.0.0.1:3000', api)
    .replaceAll('http://127.0.0.1:4010', product.address('Sandbox'))}`;
  const env = { ...directory.environment, SENDPROOF_URL: api };
  return new Promise((done) => {
    execFile('sh', ['-c', script], { env }, (error, stdout, stderr) => {
      done({ command, exitCode: Number(error?.code ?? 0), output: `${stdout}\n${stderr}` });
    });
  });
}

async function get<Answer>(url: string): Promise<Answer> {
  return (await (await fetch(url)).json()) as Answer;
}

async function expectStatus(key: string, status: string): Promise<void> {
  const state = await get<MessageState>(`${product.address('API')}/v1/messages/${key}`);
  expect(state.status, key).toBe(status);
}

async function textsOfPosts(): Promise<string[]> {
  const posts = await get<SandboxPost[]>(`${product.address('Sandbox')}/control/posts`);
  return posts.map(({ text }) => text);
}

it('leads a newcomer from the first message to the timeline', async () => {
  const [first, ...others] = TUTORIAL;
  for (const { command, exitCode, output } of await runCommandsOf(first ?? '')) {
    expect(exitCode, `${command}\n${output}`).toBe(0);
  }
  await expectStatus('alert-55-triggered', 'confirmed');
  await runInShell('npx sendproof status alert-56-triggered --wait');
  await expectStatus('alert-56-triggered', 'confirmed');

  const later: Ran[] = [];
  for (const page of others) later.push(...(await runCommandsOf(page)));
  const outputOf = (part: string) => later.find(({ command }) => command.includes(part))?.output;
  expect(outputOf('not_in_channel')).toMatch(/dead_lettered +not_authorised/);
  expect(outputOf('sendproof dead-letters\n')).toContain('not_authorised');
  await expectStatus('deploy-7', 'confirmed');
  await expectStatus('alert-57', 'confirmed');
  expect(outputOf('timeline alert-57')).toMatch(/found|was there/);
  expect(outputOf('timeline deploy-7\n')).toContain('invited the app');
  expect(outputOf('list PagerDuty 55')).toContain('alert-55-triggered');
  expect(outputOf('timeline deploy-77')).toContain('deploy-7');

  // Alert 56 is at two places.
  const texts = await textsOfPosts();
  for (const [words, times] of [
    [/Disk full\W* on \W?db-1/, 1],
    [/Disk full\W* on \W?db-2/, 2],
    [/Deploy finished/, 1],
    [/Disk full again/, 1],
  ] as const) {
    expect(
      texts.filter((text) => words.test(text)),
      words.source,
    ).toHaveLength(times);
  }
});

it('needs nothing but the lines of the README', async () => {
  // The README's messages have the keys of the tutorial: it is another product.
  await directory.remove();
  await start();
  await runCommandsOf('README.md');
  await expectStatus('alert-55-triggered', 'confirmed');
  await expectStatus('deploy-7', 'confirmed');
  const texts = await textsOfPosts();
  expect(texts.filter((text) => text.includes('Deploy finished'))).toHaveLength(1);
});
