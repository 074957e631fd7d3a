/** Each excerpt of `sendproof.yaml` in the documentation is a configuration that loads. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadConfiguration } from '../../src/config/configuration.js';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  ...(await readdir(join(ROOT, 'docs'), { recursive: true }))
    .filter((name) => name.endsWith('.md') && !name.startsWith('decisions'))
    .map((name) => `docs/${name}`),
];

/** In files that Alertmanager, Prometheus, Kubernetes, Helm and Temporal's server read. */
const OF_OTHERS = [
  ...['receivers', 'rule_files', 'apiVersion', 'image'],
  'matching.numTaskqueueReadPartitions',
];
const SETTINGS = [
  ...['accounts', 'acknowledgements', 'contentRetention', 'conversations'],
  ...['deduplicationWindow', 'encryption'],
  ...[
    'events',
    'intake',
    'keys',
    'names',
    'operators',
    'people',
    'posts',
    'queues',
    'rateLimit',
    'retry',
  ],
  ...['routes', 'sources', 'templates'],
];
/** What excerpts name without configuring it. */
const ACCOUNTS = {
  slack: { default: { token: { env: 'SLACK_BOT_TOKEN' } } },
  teams: { default: { accessToken: { env: 'GRAPH_ACCESS_TOKEN' } } },
  'teams-webhook': { default: { webhooks: { db: { env: 'DB_WEBHOOK_URL' } } } },
};

const excerpts = (
  await Promise.all(
    PAGES.map(async (page) => {
      const text = await readFile(join(ROOT, page), 'utf8');
      return [...text.matchAll(/^( *)```ya?ml\n([\s\S]*?)^ *```$/gm)].map(
        ([, indent = '', block = ''], index) => ({
          name: `${page}, ${index + 1}`,
          content: parse(block.replaceAll(new RegExp(`^${indent}`, 'gm'), '')) as Record<
            string,
            unknown
          >,
        }),
      );
    }),
  )
)
  .flat()
  .filter(({ content }) => !Object.keys(content).some((key) => OF_OTHERS.includes(key)));

/** The whole of which the excerpt is a part. */
function whole(content: Record<string, unknown>): object {
  const keys = Object.keys(content);
  if (keys.every((key) => SETTINGS.includes(key))) {
    const accounts = { ...ACCOUNTS, ...(content.accounts as object | undefined) };
    return { ...content, accounts };
  }
  if (keys.includes('when')) {
    return { accounts: ACCOUNTS, routes: [{ name: 'r', to: ['slack:default/C0ALL'], ...content }] };
  }
  return { accounts: ACCOUNTS, sources: content };
}

describe('the excerpts of sendproof.yaml in the documentation', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sendproof-excerpts-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('are found', () => {
    expect(excerpts.length).toBeGreaterThan(20);
  });

  it.each(excerpts)('$name loads', async ({ content }) => {
    const file = join(directory, 'sendproof.yaml');
    await writeFile(file, stringify(whole(content)));
    expect(() =>
      loadConfiguration({
        SENDPROOF_CONFIG: file,
        PUBLIC_URL: 'https://sendproof.example',
        SENDPROOF_TRUSTED_PROXIES: '10.1.2.3',
      }),
    ).not.toThrow();
  });
});
