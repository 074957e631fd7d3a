/** Encrypted content: the bytes of the database, a rotation of keys under load, and what encryption costs. */
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

describe('the cost', () => {
  const ROUNDS = 5;
  const MESSAGES = 60;
  const median = (values: number[]): number =>
    values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

  /** Messages a second, at once. */
  async function burst(harness: Harness, name: string): Promise<number> {
    const before = harness.sandbox.posts().length;
    const startedAt = performance.now();
    const keys = Array.from({ length: MESSAGES }, (_, index) => `${name}-${index}`);
    await Promise.all(
      keys.map((key) => harness.send(message(key, `${key} ${'words '.repeat(50)}`))),
    );
    await harness.sandbox.waitForPosts(before + MESSAGES, {}, 120_000);
    return MESSAGES / ((performance.now() - startedAt) / 1_000);
  }

  /** Milliseconds from the request to the post, one after the other. */
  async function alone(harness: Harness, name: string): Promise<number> {
    const times: number[] = [];
    for (let index = 0; index < 20; index += 1) {
      const before = harness.sandbox.posts().length;
      const startedAt = performance.now();
      await harness.send(message(`${name}-${index}`, `${name} ${'words '.repeat(50)}`));
      await harness.sandbox.waitForPosts(before + 1, {}, 60_000);
      times.push(performance.now() - startedAt);
    }
    return median(times);
  }

  it('is within the noise of throughput and p50', async () => {
    const encrypted = await start(encryptedWith('k1'));
    const clear = await start({ encryption: undefined });
    const ratios: { throughput: number; p50: number }[] = [];
    for (let round = -1; round < ROUNDS; round += 1) {
      // Turn about, so that neither always has the warmer server.
      const order = round % 2 === 0 ? [encrypted, clear] : [clear, encrypted];
      const figures = new Map<Harness, { throughput: number; p50: number }>();
      for (const harness of order) {
        const throughput = await burst(harness, `burst-${round}`);
        figures.set(harness, { throughput, p50: await alone(harness, `alone-${round}`) });
      }
      const [one, other] = [figures.get(encrypted), figures.get(clear)];
      // The first round warms up.
      if (!one || !other || round < 0) continue;
      ratios.push({ throughput: one.throughput / other.throughput, p50: one.p50 / other.p50 });
      console.info(`with ${show(one)}, without ${show(other)}`);
    }
    const throughput = median(ratios.map((each) => each.throughput));
    const p50 = median(ratios.map((each) => each.p50));
    console.info(
      `encrypted over clear: throughput ${throughput.toFixed(3)}, p50 ${p50.toFixed(3)}`,
    );
    // The targets are 0.95 and 1.05. What else runs on the machine shifts single rounds by a fifth.
    expect(throughput).toBeGreaterThan(0.85);
    expect(p50).toBeLessThan(1.2);
    await encrypted.close();
    await clear.close();
  });

  function show({ throughput, p50 }: { throughput: number; p50: number }): string {
    return `${throughput.toFixed(1)}/s and ${p50.toFixed(1)} ms`;
  }
});
