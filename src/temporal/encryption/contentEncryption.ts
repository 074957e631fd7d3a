/** How one process keeps the content of messages from those who read Temporal's database: made once, and handed to all of its clients and workers. */
import type { DataConverter } from '@temporalio/common';
import { ContentCodec } from './contentCodec.js';
import { readContentKeys, type KeySource } from './contentKey.js';

/** More ids of missing keys than this are not named. */
const MOST_NAMED = 10;

/** Of a process that encrypts nothing, and reads nothing that is encrypted. */
export function noEncryption(): ContentEncryption {
  return new ContentEncryption({ keys: [], encrypt: false });
}

export class ContentEncryption {
  readonly codec: ContentCodec;
  /** For every Temporal client and worker of the process. */
  readonly dataConverter: DataConverter;
  readonly #unreadable = new Set<string>();

  /**
   * @param settings.keys the one that writes first; empty: content is not encrypted
   * @param settings.encrypt whether the first key writes
   * @param onUnreadable is called for each payload that can't be decrypted
   * @throws ConfigurationError where a key can't be read
   */
  constructor(
    { encrypt, keys }: { keys: readonly KeySource[]; encrypt: boolean },
    onUnreadable: () => void = () => undefined,
  ) {
    this.codec = new ContentCodec(readContentKeys(keys), {
      encrypts: encrypt,
      onUnreadable: ({ message }) => {
        if (this.#unreadable.size < MOST_NAMED) this.#unreadable.add(message);
        onUnreadable();
      },
    });
    this.dataConverter = { payloadCodecs: [this.codec] };
  }

  /** Whether content is encrypted from now on. */
  get isOn(): boolean {
    return this.codec.encrypts;
  }

  /** For readiness: what this process found and couldn't decrypt since it was started, each with the remedy. */
  get warnings(): string[] {
    return [...this.#unreadable].map(
      (reason) => `Some messages can’t be read. ${reason.replace(/^Its content/, 'Their content')}`,
    );
  }
}
