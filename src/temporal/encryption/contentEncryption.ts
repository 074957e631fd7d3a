/** How one process keeps the content of messages from those who read Temporal's database: made once, and handed to all of its clients and workers. */
import { join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { ContentVault } from '../erasure/contentVault.js';
import { keepVault } from '../erasure/vaultOf.js';
import { ContentCodec } from './contentCodec.js';
import { readContentKeys, type KeySource } from './contentKey.js';

/** More ids of missing keys than this are not named. */
const MOST_NAMED = 10;

/** Of a process that encrypts nothing, and reads nothing that is encrypted. */
export function noEncryption(): ContentEncryption {
  return new ContentEncryption({ keys: [], encrypt: false });
}

/** What a process with the default data directory uses. */
const DEFAULT_DIRECTORY = join('.sendproof', 'content-keys');

export interface ContentEncryptionSettings {
  /** The one that writes first; empty: content is not encrypted. */
  keys: readonly KeySource[];
  /** Whether the first key writes. */
  encrypt: boolean;
  /** Of the keys of content whose retention ends. */
  keyDirectory?: string | undefined;
  /** For them: the time, in epoch milliseconds. */
  now?: (() => number) | undefined;
}

export class ContentEncryption {
  readonly codec: ContentCodec;
  /** Seals and opens content whose retention ends. */
  readonly vault: ContentVault;
  /** For every Temporal client and worker of the process. */
  readonly dataConverter: DataConverter;
  readonly #unreadable = new Set<string>();

  /**
   * @param onUnreadable is called for each payload that can't be decrypted
   * @throws ConfigurationError where a key can't be read
   */
  constructor(
    { encrypt, keyDirectory = DEFAULT_DIRECTORY, keys, now }: ContentEncryptionSettings,
    onUnreadable: () => void = () => undefined,
  ) {
    this.codec = new ContentCodec(readContentKeys(keys), {
      encrypts: encrypt,
      onUnreadable: ({ message }) => {
        if (this.#unreadable.size < MOST_NAMED) this.#unreadable.add(message);
        onUnreadable();
      },
    });
    this.vault = new ContentVault({ directory: keyDirectory, codec: this.codec, now });
    keepVault(this.codec, this.vault);
    this.dataConverter = { payloadCodecs: [this.codec] };
  }

  /** Whether content is encrypted from now on. */
  get isOn(): boolean {
    return this.codec.encrypts;
  }

  /** For readiness: what this process found and couldn't decrypt since it was started, each with the remedy. */
  get warnings(): string[] {
    const unreadable = [...this.#unreadable].map(
      (reason) => `Some messages can’t be read. ${reason.replace(/^Its content/, 'Their content')}`,
    );
    return [...unreadable, ...this.vault.warnings];
  }
}
