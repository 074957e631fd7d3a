/** Encrypts every payload between this process and Temporal. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { ContentKey } from './contentKey.js';
import { keyMissing, notDecryptable, type UnreadableContent } from './unreadableContent.js';

const ProtoPayload = proto.temporal.api.common.v1.Payload;

/** As Temporal's samples call them, so that its tools recognise what is encrypted. */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
/** How the bytes are made; another form would have another number. */
const FORM = 'encryption-form';
const FORM_1 = '1';

const CIPHER = 'aes-256-gcm';
const SALT_BYTES = 16;
/** NIST SP 800-38D, 8.2: 96 bits. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/**
 * NIST SP 800-38D, 8.3, allows 2^32 payloads with random nonces under one key, which a busy installation reaches in weeks. So a key
 * encrypts nothing itself: a random salt makes a key of it, which is used for so many payloads.
 */
const PAYLOADS_PER_SALT = 2 ** 24;
/** Keys that were made of a salt, kept so that they aren't made again for each payload. */
const MOST_KEPT = 1_000;

/**
 * The data of an encrypted payload is salt, nonce, ciphertext and tag, one after the other. What is encrypted is the whole payload, in
 * protobuf, with its own metadata. Its new metadata is authenticated too.
 *
 * The first key writes, all read. Without keys, or with keys that only read, everything is written as it is. What isn't encrypted is read
 * as it is.
 */
export class ContentCodec implements PayloadCodec {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #encrypts: boolean;
  readonly #onUnreadable: (fault: UnreadableContent) => void;
  readonly #derived = new Map<string, Buffer>();
  #writer: Writer | undefined;

  /**
   * @param keys the newest first
   * @param options.encrypts whether the first key writes; by default it does
   * @param options.onUnreadable is called for each payload that can't be decrypted
   */
  constructor(
    keys: readonly ContentKey[],
    {
      encrypts = true,
      onUnreadable = () => undefined,
    }: { encrypts?: boolean; onUnreadable?: (fault: UnreadableContent) => void } = {},
  ) {
    this.#encrypts = encrypts;
    this.#keys = new Map(keys.map(({ bytes, id }) => [id, bytes]));
    this.#onUnreadable = onUnreadable;
  }

  /** Whether it encrypts what is written. */
  get encrypts(): boolean {
    return this.#encrypts && this.#keys.size > 0;
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return promised(() => payloads.map((payload) => this.#encrypted(payload)));
  }

  /** Rejects with an UnreadableContent where one of them can't be decrypted. */
  decode(payloads: Payload[]): Promise<Payload[]> {
    return promised(() => payloads.map((payload) => this.#decrypted(payload)));
  }

  #encrypted(payload: Payload): Payload {
    const writer = this.#currentWriter();
    if (!writer) return payload;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, writer.key, nonce);
    cipher.setAAD(authenticatedMetadata(writer.keyId));
    const plain = ProtoPayload.encode(payload).finish();
    return {
      metadata: {
        encoding: Buffer.from(ENCODING),
        [KEY_ID]: Buffer.from(writer.keyId),
        [FORM]: Buffer.from(FORM_1),
      },
      data: Buffer.concat([
        writer.salt,
        nonce,
        cipher.update(plain),
        cipher.final(),
        cipher.getAuthTag(),
      ]),
    };
  }

  #decrypted(payload: Payload): Payload {
    if (!isEncrypted(payload)) return payload;
    try {
      return this.#opened(payload);
    } catch (error) {
      this.#onUnreadable(error as UnreadableContent);
      throw error;
    }
  }

  #opened({ data, metadata }: Payload): Payload {
    const keyId = textOf(metadata?.[KEY_ID]);
    const key = this.#keys.get(keyId);
    if (!key) throw keyMissing(keyId);
    const bytes = Buffer.from(data ?? []);
    if (textOf(metadata?.[FORM]) !== FORM_1) throw notDecryptable(keyId);
    if (bytes.length < SALT_BYTES + NONCE_BYTES + TAG_BYTES) throw notDecryptable(keyId);
    const salt = bytes.subarray(0, SALT_BYTES);
    const nonce = bytes.subarray(SALT_BYTES, SALT_BYTES + NONCE_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, this.#derive(keyId, key, salt), nonce, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(authenticatedMetadata(keyId));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const ciphertext = bytes.subarray(SALT_BYTES + NONCE_BYTES, -TAG_BYTES);
      return ProtoPayload.decode(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
    } catch (error) {
      throw notDecryptable(keyId, error);
    }
  }

  #currentWriter(): Writer | undefined {
    const [first] = this.#keys;
    if (!first || !this.#encrypts) return undefined;
    if (!this.#writer || this.#writer.payloads >= PAYLOADS_PER_SALT) {
      const [keyId, key] = first;
      const salt = randomBytes(SALT_BYTES);
      this.#writer = { keyId, salt, key: this.#derive(keyId, key, salt), payloads: 0 };
    }
    this.#writer.payloads += 1;
    return this.#writer;
  }

  #derive(keyId: string, key: Buffer, salt: Buffer): Buffer {
    const name = `${keyId} ${salt.toString('base64')}`;
    const known = this.#derived.get(name);
    if (known) return known;
    const derived = Buffer.from(hkdfSync('sha256', key, salt, 'sendproof content', key.length));
    const [oldest] = this.#derived.keys();
    if (this.#derived.size >= MOST_KEPT && oldest !== undefined) this.#derived.delete(oldest);
    this.#derived.set(name, derived);
    return derived;
  }
}

interface Writer {
  keyId: string;
  salt: Buffer;
  key: Buffer;
  /** How many it has encrypted. */
  payloads: number;
}

export function isEncrypted({ metadata }: Payload): boolean {
  return textOf(metadata?.encoding) === ENCODING;
}

function authenticatedMetadata(keyId: string): Buffer {
  return Buffer.from([ENCODING, FORM_1, keyId].join('\0'));
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

/** As `async` does, with the error of a function that has nothing to wait for. */
function promised<Result>(make: () => Result): Promise<Result> {
  return new Promise((resolve) => {
    resolve(make());
  });
}
