/** The signed link in a post, from the post to the page: what it opens, and where its signature is never seen. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { INCIDENTS, OPS, startHarness, WEBHOOK, type Harness } from '../harness.js';

const API_KEY = 'key-of-the-api';
const AUTHORIZED = { authorization: `Bearer ${API_KEY}` };
const DESTINATIONS = [OPS, INCIDENTS, WEBHOOK];
const lines: string[] = [];

const directory = mkdtempSync(join(tmpdir(), 'sendproof-links-'));
/** There is none at first: a newer one is to come. */
const newest = join(directory, 'newest');
const older = join(directory, 'older');

let harness: Harness;
beforeAll(async () => {
  writeFileSync(older, 'the secret before the newest');
  harness = await startHarness({
    retry: { initialDelay: '500ms', maximumDelay: '1s' },
    settings: { posts: { link: 'signed', secret: [{ file: newest }, { file: older }] } },
    environment: {
      PUBLIC_URL: 'https://sendproof.example.com',
      SENDPROOF_API_KEYS: API_KEY,
    },
    log: pino(
      { level: 'trace' },
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          lines.push(chunk.toString());
          done();
        },
      }),
    ),
  });
});
afterAll(async () => {
  await harness.close();
  rmSync(directory, { recursive: true });
});

/** The links in what was posted, as the platforms show it, without their escapes. */
function linksIn(posts: unknown): string[] {
  const text = JSON.stringify(posts).replaceAll('&amp;', '&');
  return text.match(/https:\/\/sendproof\.example\.com\/messages\/[^"'<>|\\)]*/g) ?? [];
}

const ASSETS = ['/assets/icon.svg', '/assets/style.css'];

/** What a page leads to at the API itself. */
function pathsIn(html: string): (string | undefined)[] {
  return [...html.matchAll(/href="(\/[^"]*)"/g)].map(([, path]) => path);
}

async function open(link: string) {
  const { pathname, search } = new URL(link);
  const answer = await fetch(harness.api.url + pathname + search, { redirect: 'manual' });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

async function send(key: string, more: object = {}): Promise<void> {
  const message = {
    deduplicationKey: key,
    destinations: DESTINATIONS,
    content: { text: `text of ${key}`, title: 'Disk full' },
    ...more,
  };
  expect((await harness.send(message, AUTHORIZED)).status).toBe(202);
}

async function confirmed(key: string): Promise<void> {
  const wanted = `/v1/messages/${encodeURIComponent(key)}?wait=20s`;
  const { body } = await harness.request('GET', wanted, undefined, AUTHORIZED);
  expect(body).toMatchObject({ status: 'confirmed' });
}

describe('a post', () => {
  const key = 'disk/full 100% 🔥';
  let links: string[];

  beforeAll(async () => {
    // The first post of Slack is made, and its answer lost: the next attempt finds it.
    harness.sandbox.addFault({
      kind: 'reset',
      platform: 'slack',
      operation: 'chat.postMessage',
      times: 1,
      when: 'after',
    });
    await send(key);
    await eventually(() => expect(harness.sandbox.posts()).toHaveLength(DESTINATIONS.length));
    writeFileSync(newest, 'the newest secret');
    await confirmed(key);
    links = linksIn(harness.sandbox.posts());
  });

  it('has the link at every destination, and is made once, although the secret was replaced before its retry', () => {
    expect(harness.sandbox.posts()).toHaveLength(DESTINATIONS.length);
    expect(links.length).toBeGreaterThanOrEqual(DESTINATIONS.length);
  });

  it('leads to its page, which shows everything and can do nothing', async () => {
    for (const link of links) expect((await open(link)).status).toBe(200);
    const { text } = await open(links[0] ?? '');
    expect(text).toContain(`text of ${key}`);
    expect(text).toContain('Timeline');
    expect(text).not.toMatch(/<form|<nav|8233/);
    expect(pathsIn(text)).toEqual([...ASSETS, `/messages/${encodeURIComponent(key)}`]);
  });

  it('has a link that is in no log line, metric, history or search attribute', async () => {
    const signature = links[0]?.split('.').at(-1) ?? '';
    expect(signature).toHaveLength(43);
    await open(links[0] ?? '');
    await open(`${links[0]}x`);
    const metrics = await harness.request('GET', '/metrics', undefined, AUTHORIZED);
    const handle = harness.client.workflow.getHandle(key);
    const history = JSON.stringify(await handle.fetchHistory());
    const payloads = [...history.matchAll(/"data":"([^"]*)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString(),
    );
    const said = [lines.join(''), JSON.stringify(metrics.body), history, ...payloads].join('\n');
    expect(said).not.toContain(signature);
    expect(lines.join('')).toContain(key);
  });
});

describe('a conversation', () => {
  it('shows the link of the message that its post shows by now', async () => {
    const conversation = { key: 'incident-55' };
    for (const key of ['triggered', 'resolved']) {
      await send(key, { destinations: [OPS], conversation });
      await confirmed(key);
    }
    const shown = harness.sandbox
      .posts()
      .filter((post) => JSON.stringify(post).includes('text of resolved'));
    expect(shown).toHaveLength(1);
    expect(linksIn(shown)[0]).toContain('/messages/resolved?signed=');
    const { status, text } = await open(linksIn(shown)[0] ?? '');
    expect(status).toBe(200);
    expect(text).toContain('incident-55');
    expect(pathsIn(text)).toEqual([...ASSETS, '/messages/resolved']);
  });
});
