/** The keys of content, a file for each day, where they can be destroyed. Several processes, also of several machines, may share it. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { z } from 'zod';
import { newKeyNodes, type KeyNodes } from './puncturableKey.js';

const ProtoPayload = proto.temporal.api.common.v1.Payload;

const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;
const KEY_FILE = '.key';
/** What is left of a key of which somebody has erased something: who and when. */
const RECORD_FILE = '.erased';
const LOCK_FILE = '.lock';
/** What becomes a key file, and what replaces one. */
const NEW_FILE = '.new';
const DRAFT_FILE = '.draft';

/** Far longer than a change takes. Whoever made the lock is gone. */
const STALE_LOCK_MS = 30_000;
const LOCK_CHECK_MS = 20;
/** Changes of one file wait for each other for as long as this. */
const LOCK_WAIT_MS = 40_000;

export interface ErasureRecord {
  at: string;
  by?: string | undefined;
  reason?: string | undefined;
}

export interface KeyFile {
  /** 8 hexadecimal digits. */
  id: string;
  nodes: KeyNodes;
  /** By path: who erased it. */
  erased: ReadonlyMap<string, ErasureRecord>;
}

const recordsSchema = z.record(
  z.string(),
  z.object({ at: z.string(), by: z.string().optional(), reason: z.string().optional() }),
);
const keyFileSchema = z.object({
  id: z.string(),
  nodes: z.record(z.string(), z.string()),
  erased: recordsSchema,
});

export class KeyDirectory {
  readonly path: string;
  readonly #codec: PayloadCodec;
  /** By name, as they were read last. */
  readonly #kept = new Map<string, { version: string; file: KeyFile }>();

  /** @param codec encrypts the files, where the installation has a key for that */
  constructor(path: string, codec: PayloadCodec) {
    this.path = path;
    this.#codec = codec;
  }

  /**
   * As the file is now, whoever has changed it; undefined where there is none.
   *
   * @throws UnreadableContent where it is encrypted with a key that the installation doesn't have
   */
  async read(name: string): Promise<KeyFile | undefined> {
    const path = this.#pathOf(name, KEY_FILE);
    for (let version = await versionOf(path); version !== undefined;) {
      const kept = this.#kept.get(name);
      if (kept?.version === version) return kept.file;
      try {
        const file = await this.#parsed(await readFile(path));
        this.#kept.set(name, { version, file });
        return file;
      } catch (error) {
        // The bytes of a file that another process replaces are overwritten while they are read.
        const present = await versionOf(path);
        if (present === version) throw error;
        version = present;
      }
    }
    this.#kept.delete(name);
    return undefined;
  }

  /** The file with this name, which is made where there is none: once, however many processes do so at the same moment. */
  async make(name: string): Promise<KeyFile> {
    const known = await this.read(name);
    if (known) return known;
    await mkdir(this.path, { recursive: true, mode: PRIVATE_DIRECTORY });
    const id = randomBytes(4).toString('hex');
    const draft = await this.#draft(
      name,
      { id, nodes: newKeyNodes(), erased: new Map() },
      NEW_FILE,
    );
    try {
      await link(draft, this.#pathOf(name, KEY_FILE));
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      await overwrite(draft);
    } finally {
      await unlink(draft).catch(undefinedIfAbsent);
    }
    await syncDirectory(this.path);
    const made = await this.read(name);
    if (!made) throw new Error(`The key file ${name} has vanished from ${this.path}.`);
    return made;
  }

  /** Replaces a file, and overwrites the bytes of the old one. Resolves with what it is now; undefined where there is none. */
  async change(name: string, made: (file: KeyFile) => KeyFile): Promise<KeyFile | undefined> {
    return await this.#locked(name, async () => {
      const file = await this.read(name);
      if (!file) return undefined;
      // A process that was lost during a change may have left a key that is to be erased now.
      await this.#removeLeft(name, DRAFT_FILE);
      const draft = await this.#draft(name, made(file), DRAFT_FILE);
      const path = this.#pathOf(name, KEY_FILE);
      const old = await open(path, 'r+');
      try {
        await rename(draft, path);
        await syncDirectory(this.path);
        await overwriteHandle(old);
      } finally {
        await old.close();
      }
      return await this.read(name);
    });
  }

  /** Overwrites and removes a file. Who has erased what of it is kept. */
  async destroy(name: string): Promise<void> {
    await this.#locked(name, async () => {
      const file = await this.read(name).catch(() => undefined);
      if (file && file.erased.size > 0) await this.#record(name, file.erased);
      await overwriteAndRemove(this.#pathOf(name, KEY_FILE));
      await this.#removeLeft(name, DRAFT_FILE);
      await this.#removeLeft(name, NEW_FILE);
      await syncDirectory(this.path);
      this.#kept.delete(name);
    });
  }

  /** Who erased what of a key that is destroyed. */
  async records(name: string): Promise<ReadonlyMap<string, ErasureRecord>> {
    const text = await readFile(this.#pathOf(name, RECORD_FILE), 'utf8').catch(undefinedIfAbsent);
    return new Map(Object.entries(text === undefined ? {} : recordsSchema.parse(JSON.parse(text))));
  }

  /** The names of all keys. */
  async names(): Promise<string[]> {
    const entries = (await readdir(this.path).catch(undefinedIfAbsent)) ?? [];
    return entries
      .filter((entry) => entry.endsWith(KEY_FILE) && !entry.startsWith('.'))
      .map((entry) => entry.slice(0, -KEY_FILE.length))
      .sort();
  }

  async #removeLeft(name: string, suffix: string): Promise<void> {
    for (const entry of await readdir(this.path)) {
      const isLeft = entry.startsWith(`.${name}.`) && entry.endsWith(suffix);
      if (isLeft) await overwriteAndRemove(join(this.path, entry));
    }
  }

  async #draft(name: string, { erased, id, nodes }: KeyFile, suffix: string): Promise<string> {
    const texts = [...nodes].map(([place, node]) => [place, node.toString('base64')] as const);
    const value = {
      id,
      nodes: Object.fromEntries(texts),
      erased: Object.fromEntries(erased),
    };
    return await this.#write(name, await this.#encrypted(value), suffix);
  }

  async #record(name: string, erased: ReadonlyMap<string, ErasureRecord>): Promise<void> {
    const text = JSON.stringify(Object.fromEntries(erased));
    const written = await this.#write(name, Buffer.from(text), DRAFT_FILE);
    await rename(written, this.#pathOf(name, RECORD_FILE));
  }

  /** Resolves with the path of a file of its own, which is on the disk. */
  async #write(name: string, bytes: Uint8Array, suffix: string): Promise<string> {
    const path = join(this.path, `.${name}.${randomBytes(8).toString('hex')}${suffix}`);
    const handle = await open(path, 'wx', PRIVATE_FILE);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return path;
  }

  async #encrypted(value: unknown): Promise<Uint8Array> {
    const payload: Payload = {
      metadata: { encoding: Buffer.from('json/plain') },
      data: Buffer.from(JSON.stringify(value)),
    };
    const [encoded = payload] = await this.#codec.encode([payload]);
    return ProtoPayload.encode(encoded).finish();
  }

  async #parsed(bytes: Uint8Array): Promise<KeyFile> {
    const { erased, id, nodes } = keyFileSchema.parse(await this.#decrypted(bytes));
    const parsedNodes = Object.entries(nodes).map(
      ([place, node]) => [place, Buffer.from(node, 'base64')] as const,
    );
    return { id, nodes: new Map(parsedNodes), erased: new Map(Object.entries(erased)) };
  }

  async #decrypted(bytes: Uint8Array): Promise<unknown> {
    const payload: Payload = ProtoPayload.decode(bytes);
    const [decoded = payload] = await this.#codec.decode([payload]);
    return JSON.parse(Buffer.from(decoded.data ?? []).toString());
  }

  /** One change of a file at a time: two at once would bring back what one of them has erased. */
  async #locked<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
    const path = this.#pathOf(name, LOCK_FILE);
    const until = performance.now() + LOCK_WAIT_MS;
    for (;;) {
      const handle = await open(path, 'wx', PRIVATE_FILE).catch((error: unknown) => {
        if (codeOf(error) === 'EEXIST') return undefined;
        throw error;
      });
      if (handle) {
        await handle.close();
        break;
      }
      const made = await stat(path).catch(undefinedIfAbsent);
      if (made && Date.now() - made.mtimeMs > STALE_LOCK_MS) {
        await unlink(path).catch(undefinedIfAbsent);
      } else if (performance.now() > until) {
        throw new Error(`Another process has locked the key file ${name} in ${this.path}.`);
      } else await delay(LOCK_CHECK_MS);
    }
    try {
      return await act();
    } finally {
      await unlink(path).catch(undefinedIfAbsent);
    }
  }

  #pathOf(name: string, suffix: string): string {
    return join(this.path, name + suffix);
  }
}

/** Another one whenever the file is another one. */
async function versionOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(undefinedIfAbsent);
  return found && `${found.ino} ${found.mtimeNs} ${found.size}`;
}

async function overwrite(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await overwriteHandle(handle);
  } finally {
    await handle.close();
  }
}

async function overwriteAndRemove(path: string): Promise<void> {
  await overwrite(path).catch(undefinedIfAbsent);
  await unlink(path).catch(undefinedIfAbsent);
}

async function overwriteHandle(handle: Awaited<ReturnType<typeof open>>): Promise<void> {
  const { size } = await handle.stat();
  await handle.write(randomBytes(size), 0, size, 0);
  await handle.sync();
}

/** So that a file is there, or gone, after a loss of power too. Not all systems can do that. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  try {
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
}

function undefinedIfAbsent(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
