/**
 * The commands of the tutorial and of the README, as they are written there, with the package from its tarball in an empty folder.
 * Only the addresses are others, and the block for a checkout is left out.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { SandboxPost } from '../../src/sandbox/sandbox.js';
import type { MessageState } from '../harness.js';
import { keepVersionsIn, packInto } from '../packedProduct.js';
import { StartDirectory, type StartedProduct } from '../startedProduct.js';

const ROOT = resolve(import.meta.dirname, '../..');
const pageText = (page: string): Promise<string> => readFile(join(ROOT, page), 'utf8');

interface Result {
  exitCode: number;
  output: string;
}

/** What somebody does with an empty folder, page by page. */
class Newcomer {
  #product: StartedProduct | undefined;
  readonly #folder: string;
  readonly #directory: StartDirectory;

  constructor(folder: string, directory: StartDirectory) {
    this.#folder = folder;
    this.#directory = directory;
  }

  get product(): StartedProduct {
    if (!this.#product) throw new Error('No page has started sendproof yet.');
    return this.#product;
  }

  /** Runs the page's blocks for the shell and presses the buttons that it names, in their order. Resolves with what the blocks showed. */
  async follow(page: string): Promise<(Result & { command: string })[]> {
    const results = [];
    const steps = (await pageText(page)).matchAll(
      /^```sh\n(?<command>[\s\S]*?)^```$|press \*\*(?<button>[^*]+)\*\*/gim,
    );
    for (const { groups } of steps) {
      const { command, button } = groups as { command?: string; button?: string };
      if (button !== undefined) await this.#press(button);
      else if (command?.includes('npx sendproof start')) await this.#start(command.trim());
      else if (command !== undefined && !command.startsWith('npm ci')) {
        results.push({ command, ...(await this.run(command)) });
      }
    }
    return results;
  }

  /** The page's line installs, and starts what was installed; the latter has a time limit, the former takes what it takes. */
  async #start(line: string): Promise<void> {
    const [install = '', start = ''] = line.split(' && ');
    expect(await this.#runHere(install)).toMatchObject({ exitCode: 0 });
    this.#product = await this.#directory.start('sh', ['-c', `cd ${this.#folder} && ${start}`]);
  }

  async run(command: string): Promise<Result> {
    const api = this.product.address('API');
    const script = command
      .replaceAll('http://127.0.0.1:3000', api)
      .replaceAll('http://127.0.0.1:4010', this.product.address('Sandbox'));
    return await this.#runHere(script, { SENDPROOF_URL: api });
  }

  #runHere(script: string, more: NodeJS.ProcessEnv = {}): Promise<Result> {
    const env = { ...this.#directory.environment, ...more };
    return new Promise((done) => {
      execFile('sh', ['-c', script], { cwd: this.#folder, env }, (error, stdout, stderr) => {
        done({ exitCode: Number(error?.code ?? 0), output: `${stdout}\n${stderr}` });
      });
    });
  }

  /** A button for a fault of Slack, on the page of the sandbox. */
  async #press(label: string): Promise<void> {
    const sandbox = this.product.address('Sandbox');
    const html = await (await fetch(sandbox)).text();
    const [, ofSlack = ''] = html.split('<legend>Slack</legend>');
    const [, preset] = ofSlack.split(`">${label}</button>`)[0]?.match(/.*value="(.*)$/s) ?? [];
    const body = new URLSearchParams({ preset: preset ?? label });
    const { ok, status } = await fetch(`${sandbox}/page/faults`, { method: 'POST', body });
    expect(ok, `${label}: ${status}`).toBe(true);
  }

  async expectStatus(key: string, status: string): Promise<void> {
    const answer = await fetch(`${this.product.address('API')}/v1/messages/${key}`);
    expect(((await answer.json()) as MessageState).status, key).toBe(status);
  }

  async expectPosts(words: RegExp, times: number): Promise<void> {
    const answer = await fetch(`${this.product.address('Sandbox')}/control/posts`);
    const texts = ((await answer.json()) as SandboxPost[]).map(({ text }) => text);
    const found = texts.filter((text) => words.test(text));
    expect(found, words.source).toHaveLength(times);
  }
}

let folder: string;
let directory: StartDirectory;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sendproof-empty-'));
  await packInto(folder);
  await keepVersionsIn(folder);
});
afterEach(() => directory.remove());
afterAll(() => rm(folder, { recursive: true }));

async function newcomer(configuration?: string): Promise<Newcomer> {
  directory = await StartDirectory.create(configuration);
  Object.assign(directory.environment, npmSettings());
  return new Newcomer(folder, directory);
}

/** How this machine reaches its registry; and nothing but the installation itself. */
function npmSettings(): NodeJS.ProcessEnv {
  const { npm_config_cache, npm_config_registry, npm_config_userconfig } = process.env;
  const settings = { npm_config_cache, npm_config_registry, npm_config_userconfig };
  const off = { npm_config_audit: 'false', npm_config_fund: 'false' };
  return { ...settings, ...off, npm_config_prefer_offline: 'true' };
}

it('leads a newcomer from an empty folder to the timeline', async () => {
  const person = await newcomer();
  for (const { command, exitCode, output } of await person.follow(
    'docs/tutorial/first-message.md',
  )) {
    expect(exitCode, `${command}\n${output}`).toBe(0);
  }
  await person.expectStatus('alert-55-triggered', 'confirmed');
  await person.run('npx sendproof status alert-56-triggered --wait');
  await person.expectStatus('alert-56-triggered', 'confirmed');

  const shown = [
    ...(await person.follow('docs/tutorial/break-and-fix.md')),
    ...(await person.follow('docs/tutorial/read-the-timeline.md')),
  ];
  const resultOf = (part: string) => shown.find(({ command }) => command.includes(part));
  expect(resultOf('--key deploy-7')?.exitCode).toBe(4);
  expect(resultOf('--key deploy-7')?.output).toMatch(/dead_lettered +not_authorised/);
  expect(resultOf('sendproof dead-letters\n')?.output).toContain('not_authorised');
  await person.expectStatus('deploy-7', 'confirmed');
  await person.expectStatus('alert-57', 'confirmed');
  expect(resultOf('timeline alert-57')?.output).toMatch(/found|was there/);
  expect(resultOf('timeline deploy-7\n')?.output).toContain('invited the app');
  expect(resultOf('list PagerDuty 55')?.output).toContain('alert-55-triggered');
  expect(resultOf('timeline deploy-77')?.output).toContain('deploy-7');

  await person.expectPosts(/Disk full\W* on \W?db-1/, 1);
  // Alert 56 is at two places.
  await person.expectPosts(/Disk full\W* on \W?db-2/, 2);
  await person.expectPosts(/Deploy finished/, 1);
  await person.expectPosts(/Disk full again/, 1);
});

it('needs nothing but the lines of the README, and those of the tutorial for a source', async () => {
  const page = 'docs/tutorial/from-a-source.md';
  const [, configuration] = /^```yaml\n([\s\S]*?)^```$/m.exec(await pageText(page)) ?? [];
  const person = await newcomer(configuration);
  directory.environment.PAGERDUTY_SECRET = 'any-text';
  await person.follow('README.md');
  await person.expectStatus('alert-55-triggered', 'confirmed');
  await person.expectStatus('deploy-7', 'confirmed');
  await person.expectPosts(/Deploy finished/, 1);

  const [sent] = await person.follow(page);
  expect(sent).toMatchObject({ exitCode: 0, output: expect.stringContaining('202') as string });
});
