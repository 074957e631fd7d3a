/** `npm start` on a disk that is full. The proof mounts a small one, which needs the right to mount. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import type { SandboxPost } from '../../src/sandbox/sandbox.js';
import type { MessageState } from '../harness.js';
import { StartDirectory, type StartedProduct } from '../startedProduct.js';

/** SQLite's log takes up to 40 MB of it. */
const DISK_SIZE = '64m';
const PATIENCE = { timeout: 90_000, interval: 250 };

/** Short waits: it is the disk that this is about. */
const CONFIGURATION = `
retry: { default: { initialDelay: 300ms, maximumDelay: 2s, attempts: 100 } }
`;

interface Readiness {
  checks: { temporal: boolean; writes: boolean };
  reasons: string[];
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  const errors: unknown[] = [];
  // Each of them, whatever becomes of the others: the disk is unmounted in any case.
  for (const cleanup of cleanups.splice(0).reverse()) {
    try {
      await cleanup();
    } catch (error) {
      errors.push(error);
    }
  }
  expect(errors).toEqual([]);
});

/** Whether the command succeeded. */
function ran(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).status === 0;
}

function mount(directory: string): boolean {
  return ran('mount', '-t', 'tmpfs', '-o', `size=${DISK_SIZE}`, 'tmpfs', directory);
}

function canMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'mount-'));
  try {
    return mount(directory) && ran('umount', directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Fills the disk of this file to its last byte. */
async function fillDisk(file: string): Promise<void> {
  const filler = await open(file, 'w');
  try {
    for (const bytes of [64 * 1_024, 1]) {
      const block = Buffer.alloc(bytes);
      try {
        for (;;) await filler.write(block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    await filler.close();
  }
}

const SLOW = 'teams:default/chats/19:oncall@thread.v2';
const QUICK = 'slack:default/C0123ABC';

class Client {
  readonly #api: string;
  readonly #sandbox: string;

  constructor(product: StartedProduct) {
    this.#api = product.address('API');
    this.#sandbox = product.address('Sandbox');
  }

  async readiness(): Promise<{ status: number; body: Readiness }> {
    const answer = await fetch(`${this.#api}/readyz`);
    return { status: answer.status, body: (await answer.json()) as Readiness };
  }

  async becomesReady(): Promise<void> {
    await vi.waitFor(async () => expect((await this.readiness()).status).toBe(200), PATIENCE);
  }

  /** Sends one after the other. Resolves with the keys of those that were accepted. */
  async sendEach(keys: readonly string[], destination: string): Promise<string[]> {
    const accepted: string[] = [];
    for (const key of keys) {
      const { status } = await fetch(`${this.#api}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          deduplicationKey: key,
          destinations: [destination],
          content: { text: key },
        }),
      });
      expect([200, 202, 503]).toContain(status);
      if (status !== 503) accepted.push(key);
    }
    return accepted;
  }

  async statuses(keys: readonly string[]): Promise<string[]> {
    return await Promise.all(
      keys.map(async (key) => {
        const answer = await fetch(`${this.#api}/v1/messages/${key}`);
        return ((await answer.json()) as MessageState).status;
      }),
    );
  }

  async slowDown(delayMs: number): Promise<void> {
    const fault = { kind: 'slow', when: 'before', delayMs, platform: 'teams' };
    const answer = await fetch(`${this.#sandbox}/control/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    expect(answer.status).toBe(201);
  }

  async postedTexts(): Promise<string[]> {
    const answer = await fetch(`${this.#sandbox}/control/posts`);
    return ((await answer.json()) as SandboxPost[]).map(({ text }) => text).sort();
  }
}

const keysOf = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`);

it.runIf(canMount())(
  'on a full disk (run where a disk may be mounted): readiness ends, says why and comes back with the space; nothing that was accepted is lost',
  async () => {
    const disk = mkdtempSync(join(tmpdir(), 'disk-'));
    cleanups.push(() => rmdir(disk));
    expect(mount(disk)).toBe(true);
    cleanups.push(() => expect(ran('umount', disk) || ran('umount', '-l', disk)).toBe(true));
    const directory = await StartDirectory.create(CONFIGURATION);
    cleanups.push(() => directory.remove());
    directory.environment.SENDPROOF_DATA_DIR = disk;
    const product = await directory.start();
    const client = new Client(product);
    await client.becomesReady();

    // Some are being delivered when the disk becomes full: neither their posts nor their results can be written.
    await client.slowDown(2_000);
    const before = keysOf('before', 5);
    expect(await client.sendEach(before, SLOW)).toEqual(before);
    const filler = join(disk, 'filler');
    await fillDisk(filler);
    // SQLite's log may have room for some more: pages of it that were written back.
    const during: string[] = [];
    do during.push(`during-${during.length}`);
    while ((await client.sendEach(during.slice(-1), QUICK)).length > 0);
    const { checks, reasons } = await vi.waitFor(async () => {
      const { status, body } = await client.readiness();
      expect(status).toBe(503);
      return body;
    }, PATIENCE);
    expect(checks).toMatchObject({ temporal: true, writes: false });
    expect(reasons.join('\n')).toContain('database or disk is full');

    await rm(filler);
    await client.becomesReady();
    // As a sender does with what was answered with 503.
    expect(await client.sendEach(during, QUICK)).toEqual(during);
    const keys = [...before, ...during];
    await vi.waitFor(
      async () => expect(new Set(await client.statuses(keys))).toEqual(new Set(['confirmed'])),
      PATIENCE,
    );
    expect(await client.postedTexts()).toEqual(keys.sort());

    // What is on the disk is whole: it starts again.
    product.signal('SIGINT');
    expect(await product.exitCode).toBe(0);
    const again = new Client(await directory.start());
    expect(await again.postedTexts()).toEqual(keys);
    expect(new Set(await again.statuses(keys))).toEqual(new Set(['confirmed']));
  },
  300_000,
);
