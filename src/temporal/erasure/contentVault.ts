/** Seals content under keys that are destroyed when its retention ends, and opens it until then. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { PayloadCodec } from '@temporalio/common';
import type { ContentErasure } from '../../domain/sealedContent.js';
import type { UnreadableContent } from '../encryption/unreadableContent.js';
import { notDecryptable } from '../encryption/unreadableContent.js';
import { KeyDirectory, type ErasureRecord } from './keyDirectory.js';
import { keyAt, newPath, without } from './puncturableKey.js';
import { endedKeys, endOf, keyNameAt, keyNameOf, parseSeal, sealText, type Seal } from './seal.js';
import {
  ContentErased,
  contentKeyLost,
  contentKeyReplaced,
  keyDirectoryUnusable,
} from './unavailableContent.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = 'sealed:';

/** More keys that are missing than this are not named. */
const MOST_NAMED = 10;

/**
 * A seal names the key of one message; what is sealed with it is opened only in the same context, as `content` or `title` with the
 * message's key. All content with one seal is erased at once.
 */
export class ContentVault {
  readonly #directory: KeyDirectory;
  readonly #now: () => number;
  readonly #lost = new Set<string>();

  /**
   * @param options.directory of the keys. It is made with the first of them
   * @param options.codec encrypts the keys, where the installation has a key for that
   * @param options.now in epoch milliseconds
   */
  constructor({
    codec,
    directory,
    now = Date.now,
  }: {
    directory: string;
    codec: PayloadCodec;
    now?: (() => number) | undefined;
  }) {
    this.#directory = new KeyDirectory(directory, codec);
    this.#now = now;
  }

  get directory(): string {
    return this.#directory.path;
  }

  /** For readiness: which keys this process has missed, each with the remedy. */
  get warnings(): string[] {
    return [...this.#lost];
  }

  /**
   * A new seal, whose key is on the disk.
   *
   * @throws UnreadableContent where the directory can't be used
   * @param retentionMs how long content is kept after the day to which it belongs
   * @param dueAtMs when the message is to be posted, if that is later than now
   */
  async newSeal(retentionMs: number, dueAtMs = 0): Promise<string> {
    const name = keyNameAt(Math.max(this.#now(), dueAtMs), retentionMs);
    const { id } = await this.#directory.make(name).catch((error: unknown) => {
      const isOfSystem = error instanceof Error && 'syscall' in error;
      throw isOfSystem ? this.#missed(keyDirectoryUnusable(this.directory, error)) : error;
    });
    const seal = parseSeal(`${name}.${id}.${newPath()}`);
    if (!seal) throw new Error(`The key ${name} has no usable id.`);
    return sealText(seal);
  }

  /** @throws ContentErased, UnreadableContent */
  async seal(seal: string, context: string, text: string): Promise<string> {
    const key = await this.#keyOf(parsed(seal));
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, derived(key, 'content'), nonce);
    cipher.setAAD(Buffer.from(`${seal} ${context}`));
    const bytes = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return `${SEALED}${seal}:${Buffer.concat(bytes).toString('base64url')}`;
  }

  /** @throws ContentErased, UnreadableContent */
  async open(sealed: string, context: string): Promise<string> {
    const [, text = '', bytes = ''] = sealed.split(':');
    const seal = parseSeal(text);
    if (!seal || !sealed.startsWith(SEALED)) throw notDecryptable('');
    const key = await this.#keyOf(seal);
    const data = Buffer.from(bytes, 'base64url');
    try {
      const nonce = data.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(CIPHER, derived(key, 'content'), nonce, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(`${text} ${context}`));
      decipher.setAuthTag(data.subarray(-TAG_BYTES));
      const ciphertext = data.subarray(NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString();
    } catch (error) {
      throw notDecryptable(keyNameOf(seal), error);
    }
  }

  /** 32 bytes with which hashes of the content are made, so that they say nothing once it is erased. @throws ContentErased, UnreadableContent */
  async hashKey(seal: string): Promise<Buffer> {
    return derived(await this.#keyOf(parsed(seal)), 'fingerprint');
  }

  /** Undefined while it can be opened. @throws UnreadableContent where its key is missing before its time */
  async erasureOf(seal: string): Promise<ContentErasure | undefined> {
    try {
      await this.#keyOf(parsed(seal));
      return undefined;
    } catch (error) {
      if (error instanceof ContentErased) return error.erasure;
      throw error;
    }
  }

  /** Resolves with the erasure, which may have been before. @throws UnreadableContent where the key is missing before its time */
  async erase(
    seal: string,
    { by, reason }: Pick<ErasureRecord, 'by' | 'reason'>,
  ): Promise<ContentErasure> {
    const place = parsed(seal);
    const { path } = place;
    const known = await this.erasureOf(seal);
    if (known) return known;
    const at = new Date(this.#now()).toISOString();
    const record = { at, ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) };
    await this.#directory.change(keyNameOf(place), (file) =>
      keyAt(file.nodes, path)
        ? {
            ...file,
            nodes: without(file.nodes, path),
            erased: new Map([...file.erased, [path, record]]),
          }
        : file,
    );
    const erasure = await this.erasureOf(seal);
    if (!erasure) throw new Error(`The content with the seal ${seal} could not be erased.`);
    return erasure;
  }

  /** Destroys the keys whose time is over, and resolves with their names. */
  async destroyEnded(): Promise<string[]> {
    const ended = endedKeys(await this.#directory.names(), this.#now());
    for (const name of ended) await this.#directory.destroy(name);
    return ended;
  }

  async #keyOf(seal: Seal): Promise<Buffer> {
    const name = keyNameOf(seal);
    const end = endOf(name) ?? 0;
    if (this.#now() >= end) {
      const at = new Date(end).toISOString();
      throw await this.#erased(seal, { because: 'retention', at });
    }
    const file = await this.#directory.read(name);
    if (!file) {
      throw this.#missed(contentKeyLost(name, this.directory, new Date(end).toISOString()));
    }
    if (file.id !== seal.keyId) throw this.#missed(contentKeyReplaced(name, this.directory));
    const key = keyAt(file.nodes, seal.path);
    if (key) return key;
    const record = file.erased.get(seal.path);
    throw new ContentErased({ because: 'person', at: '', ...record });
  }

  /** Somebody may have erased it before its time was over. */
  async #erased(seal: Seal, otherwise: ContentErasure): Promise<ContentErased> {
    const name = keyNameOf(seal);
    const file = await this.#directory.read(name).catch(() => undefined);
    const record =
      file?.erased.get(seal.path) ?? (await this.#directory.records(name)).get(seal.path);
    return new ContentErased(record ? { because: 'person', ...record } : otherwise);
  }

  #missed(error: UnreadableContent): UnreadableContent {
    if (this.#lost.size < MOST_NAMED) {
      this.#lost.add(
        `Some messages can’t be read. ${error.message.replace(/^Its content/, 'Their content')}`,
      );
    }
    return error;
  }
}

/** When the content with this seal is erased at the latest, ISO 8601. */
export function sealedUntil(seal: string): string {
  return new Date(endOf(keyNameOf(parsed(seal))) ?? 0).toISOString();
}

/** The seal that a text was sealed with; undefined of a text that isn't sealed. */
export function sealIn(text: string): string | undefined {
  if (!text.startsWith(SEALED)) return undefined;
  const [, seal = ''] = text.split(':');
  return parseSeal(seal) && seal;
}

function parsed(seal: string): Seal {
  const found = parseSeal(seal);
  if (!found) throw notDecryptable(seal);
  return found;
}

/** One key for each purpose. */
function derived(key: Buffer, purpose: 'content' | 'fingerprint'): Buffer {
  return createHmac('sha256', key).update(purpose).digest();
}
