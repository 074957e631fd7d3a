/** Encrypted content: the bytes of the database, and a rotation of keys under load. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevServer } from '../../src/embedded/devServer.js';
import { OPS, startHarness, type Harness } from '../harness.js';
import { startOwnServer } from '../ownServer.js';

const environment = Object.fromEntries(
  ['KEY_1', 'KEY_2'].map((name) => [name, randomBytes(32).toString('base64')]),
);
const encryptedWith = (...ids: string[]) => ({
  encryption: { keys: ids.map((id) => ({ id, key: { env: `KEY_${id.slice(1)}` } })) },
});

let directory: string;
let server: DevServer;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-encryption-'));
  server = await startOwnServer({ databaseFile: join(directory, 'temporal.db') });
});
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true });
});

const start = (settings: object, namespace?: string) =>
  startHarness({
    environment,
    settings,
    temporalAddress: server.address,
    ...(namespace !== undefined && { namespace }),
  });

const message = (deduplicationKey: string, text: string) => ({
  deduplicationKey,
  destinations: [OPS],
  content: { text },
});

describe('the database', () => {
  const marker = `marker-${randomUUID()}`;

  /** In how many of its files the marker is. */
  async function filesWithMarker(): Promise<number> {
    const names = await readdir(directory);
    expect(names).toContain('temporal.db-wal');
    const files = await Promise.all(names.map((name) => readFile(join(directory, name))));
    return files.filter((bytes) => bytes.includes(marker)).length;
  }

  async function sendTo(harness: Harness, keys: string[]): Promise<void> {
    for (const key of keys) await harness.send(message(key, `${marker} ${'words '.repeat(500)}`));
    await Promise.all(keys.map((key) => harness.waitForStatus(key, 'confirmed')));
  }
  const keys = Array.from({ length: 20 }, (_, index) => `stored-${index}`);

  it('has nothing of what is said with encryption, and all of it without', async () => {
    const encrypted = await start(encryptedWith('k1'));
    await sendTo(encrypted, keys);
    await encrypted.close();
    expect(await filesWithMarker()).toBe(0);

    const clear = await start({ encryption: undefined });
    await sendTo(clear, keys);
    await clear.close();
    expect(await filesWithMarker()).toBeGreaterThan(0);
  });
});

describe('a rotation under load', () => {
  it('loses nothing and posts nothing twice', async () => {
    const first = await start(encryptedWith('k1'));
    const running = [first];
    const sent: string[] = [];
    const stopping = new AbortController();
    const sending = (async () => {
      while (!stopping.signal.aborted) {
        const key = `rotated-${sent.length}`;
        const { status } = (await running.at(-1)?.send(message(key, key))) ?? {};
        expect(status).toBe(202);
        sent.push(key);
        await delay(10);
      }
    })();
    for (const keys of [
      ['k1', 'k2'],
      ['k2', 'k1'],
    ]) {
      await delay(1_000);
      // Beside the one before for a moment, as in a rolling restart.
      running.push(await start(encryptedWith(...keys), first.namespace));
      await delay(1_000);
      await running.at(-2)?.close();
    }
    await delay(1_000);
    stopping.abort();
    await sending;
    const last = running.at(-1) ?? first;
    for (const key of sent) await last.waitForStatus(key, 'confirmed');
    const posts = running.flatMap(({ sandbox }) => sandbox.posts().map(({ text }) => text));
    expect(posts.toSorted()).toEqual(sent.toSorted());
    console.info(`${sent.length} messages during two steps of a rotation`);
    await last.close();
  });
});
