/** Erased content can't be had: not from the database, its log, copies taken afterwards, or the keys that are left. */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DevServer } from '../../src/embedded/devServer.js';
import { noEncryption } from '../../src/temporal/encryption/contentEncryption.js';
import { ContentVault } from '../../src/temporal/erasure/contentVault.js';
import { OPS, startHarness, type Harness } from '../harness.js';
import { startOwnServer } from '../ownServer.js';

const DAY_MS = 86_400_000;
const TOKEN = 'token-of-a-source';
const MAP = { key: '{{ body.key }}', title: '{{ body.text }}', text: '{{ body.text }}' };

let directory: string;
let server: DevServer;
let harness: Harness;
/** How far the clock of the product is ahead. */
let aheadMs = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-erasure-'));
  server = await startOwnServer({ databaseFile: join(directory, 'temporal.db') });
  harness = await startHarness({
    temporalAddress: server.address,
    now: () => Date.now() + aheadMs,
    environment: { SENDPROOF_DATA_DIR: join(directory, 'data'), SOURCE_TOKEN: TOKEN },
    settings: {
      contentRetention: '2d',
      sources: {
        jobs: { type: 'generic', token: { env: 'SOURCE_TOKEN' }, map: MAP },
        many: { type: 'generic', token: { env: 'SOURCE_TOKEN' }, map: MAP },
        kept: { contentRetention: '90d' },
        lasting: {
          ...{ type: 'generic', token: { env: 'SOURCE_TOKEN' }, map: MAP },
          contentRetention: '90d',
        },
      },
      routes: [
        {
          name: 'grouped',
          match: { source: ['lasting', 'many'] },
          to: [OPS],
          group: { window: '1m', maximum: 2 },
        },
        { name: 'rest', to: [OPS] },
      ],
    },
  });
}, 60_000);
afterAll(async () => {
  await harness.close();
  await server.stop();
  await rm(directory, { recursive: true });
});

const marked = (name: string): string => `marker-of-${name}`;
const message = (deduplicationKey: string, more: object = {}) => ({
  deduplicationKey,
  destinations: [OPS],
  content: { text: marked(deduplicationKey), title: 'A title' },
  ...more,
});

async function sendToSource(source: string, text: string): Promise<string> {
  const { body, status } = await harness.request<{ messages: { deduplicationKey: string }[] }>(
    'POST',
    `/v1/sources/${source}/${TOKEN}`,
    { key: '1', text },
  );
  expect(status).toBe(202);
  return body.messages[0]?.deduplicationKey ?? '';
}

/** What Temporal has of its messages, sealed. Also in what is compressed there. */
const SEALED = /sealed:[\d.-]+\.[\da-f]{8}\.[\da-f]{16}:[\w-]+/g;
const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);

function uncompressedIn(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = bytes.indexOf(GZIP); at !== -1; at = bytes.indexOf(GZIP, at + 1)) {
    try {
      const part = bytes.subarray(at, at + 100_000);
      texts.push(gunzipSync(part, { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1'));
    } catch {
      // Other bytes look so by chance, or go on in another page.
    }
  }
  return texts;
}

/**
 * The keys of the messages whose marker can be had from these files: in clear, or with a key that is still there. The clock that would
 * refuse to use a key is the real one, so that the keys themselves must be gone.
 */
async function readableIn(place: string, keys: readonly string[]): Promise<string[]> {
  const names = await readdir(place, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).toContain('temporal.db-wal');
  const vault = new ContentVault({
    directory: join(place, 'data', 'content-keys'),
    codec: noEncryption().codec,
  });
  const found = new Set<string>();
  for (const { name, parentPath } of files) {
    const bytes = await readFile(join(parentPath, name));
    const texts = [bytes.toString('latin1'), ...uncompressedIn(bytes)];
    for (const key of keys) if (texts.some((text) => text.includes(marked(key)))) found.add(key);
    const sealed = new Set(texts.flatMap((text) => text.match(SEALED) ?? []));
    for (const each of sealed) {
      for (const key of keys) {
        for (const context of [`content ${key}`, `title ${key}`]) {
          const text = await vault.open(each, context).catch(() => '');
          for (const of of keys) if (text.includes(marked(of))) found.add(of);
        }
      }
    }
  }
  return [...found].sort();
}

/** What the page of a message shows. */
async function pageOf(key: string): Promise<string> {
  return (await harness.request<string>('GET', `/messages/${encodeURIComponent(key)}`)).body;
}

describe('content that is erased', () => {
  const byHand = ['by-hand', 'batched-by-hand'];
  const kept = 'kept-for-long';
  let ofSource: string;
  let grouped: string;
  /** Of a source whose content is kept for longer, and of another. */
  let groupOfBoth = '';

  it('can be had before, and is nowhere in clear', async () => {
    ofSource = await sendToSource('jobs', 'marker-of-a-source');
    await sendToSource('lasting', 'shown first');
    grouped = await sendToSource('many', 'marker-of-a-group');
    await harness.send(message('by-hand'));
    await harness.send(message('in-time'));
    await harness.send(message(kept, { correlation: { source: 'kept' } }));
    const batch = { messages: [message('batched-by-hand'), message('batched')] };
    const { status } = await harness.request('POST', '/v1/messages/batch', batch, {
      prefer: 'respond-async',
    });
    expect(status).toBe(202);
    for (const key of [...byHand, kept, 'in-time', 'batched', ofSource]) {
      await harness.waitForStatus(key, 'confirmed');
    }
    const { deliveries } = await harness.waitForStatus(grouped, 'grouped');
    groupOfBoth = (deliveries[0] as { groupedIn?: string }).groupedIn ?? '';
    await harness.waitForStatus(groupOfBoth, 'confirmed');
    expect(await pageOf(groupOfBoth)).toContain('marker-of-a-group');
    expect(await pageOf('by-hand')).toContain(marked('by-hand'));
    const found = await readableIn(directory, [...byHand, kept, 'in-time', 'batched']);
    expect(found).toEqual(['batched', 'batched-by-hand', 'by-hand', 'in-time', kept]);
  });

  it('is gone for one message when a person erases it, and no other', async () => {
    for (const key of byHand) {
      const erased = await harness.request(
        'DELETE',
        `/v1/messages/${key}?erase=content&by=privacy&reason=asked+for`,
      );
      expect(erased).toMatchObject({
        status: 200,
        body: { action: 'erase', erased: 'content', because: 'person', by: 'privacy' },
      });
    }
    expect(await readableIn(directory, [...byHand, kept, 'in-time', 'batched'])).toEqual([
      'batched',
      'in-time',
      kept,
    ]);
    const { contentErased, explanation, status } = await harness.message('by-hand');
    expect([status, contentErased?.by, contentErased?.reason]).toEqual([
      'confirmed',
      'privacy',
      'asked for',
    ]);
    expect(explanation).toContain('Its content was erased at');
    const { body } = await harness.request<{ entries: { kind: string }[] }>(
      'GET',
      '/v1/messages/by-hand/timeline',
    );
    const kinds = body.entries.map(({ kind }) => kind);
    for (const kind of ['received', 'attempt', 'confirmed', 'erase']) {
      expect(kinds).toContain(kind);
    }
    const page = await pageOf('by-hand');
    expect(page).toContain('by privacy: asked for');
    expect(page).not.toContain(marked('by-hand'));
    expect(await pageOf('in-time')).toContain(marked('in-time'));
  });

  it('is known as a duplicate by what is left to compare', async () => {
    const again = await harness.send(message('by-hand', { content: { text: 'anything' } }));
    expect(again).toMatchObject({ status: 200, body: { duplicate: true } });
    const other = await harness.send(message('in-time', { content: { text: 'anything' } }));
    expect(other.status).toBe(422);
  });

  it('is gone for all messages of a day whose retention has ended', async () => {
    aheadMs = 4 * DAY_MS;
    expect(await harness.encryption.vault.destroyEnded()).toHaveLength(1);
    const copy = join(directory, '..', `${directory.split('/').at(-1) ?? ''}-copy`);
    await cp(directory, copy, { recursive: true });
    const keys = [...byHand, kept, 'in-time', 'batched', ofSource, grouped];
    try {
      expect(await readableIn(directory, keys)).toEqual([kept]);
      expect(await readableIn(copy, keys)).toEqual([kept]);
      for (const place of [directory, copy]) {
        for (const marker of ['marker-of-a-source', 'marker-of-a-group']) {
          const names = await readdir(place, { recursive: true, withFileTypes: true });
          for (const { name, parentPath } of names.filter((entry) => entry.isFile())) {
            expect((await readFile(join(parentPath, name))).includes(marker)).toBe(false);
          }
        }
      }
    } finally {
      await rm(copy, { recursive: true });
    }
    expect((await harness.message('in-time')).contentErased?.because).toBe('retention');
    expect((await harness.message('by-hand')).contentErased).toMatchObject({ by: 'privacy' });
    for (const key of [grouped, groupOfBoth]) {
      expect((await harness.message(key)).contentErased?.because).toBe('retention');
    }
    expect(await pageOf(groupOfBoth)).not.toContain('marker-of-a-group');
    expect(await pageOf(ofSource)).toContain('when its retention ended');
    expect(await pageOf(kept)).toContain(marked(kept));
  });
});

describe('a message that is erased whole', () => {
  it('is unknown afterwards, and its key is free', async () => {
    const erased = await harness.request('DELETE', '/v1/messages/in-time?erase=all');
    expect([200, 202]).toContain(erased.status);
    // Temporal deletes what has just ended within a minute or so.
    await vi.waitFor(
      async () => {
        expect((await harness.request('GET', '/v1/messages/in-time')).status).toBe(404);
      },
      { timeout: 120_000, interval: 500 },
    );
    expect((await harness.request('DELETE', '/v1/messages/in-time?erase=all')).status).toBe(404);
    const again = await harness.send(message('in-time', { content: { text: 'something else' } }));
    expect(again.status).toBe(202);
    await harness.waitForStatus('in-time', 'confirmed');
  });
});
