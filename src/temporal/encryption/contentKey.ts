/** The keys that content is encrypted with. */
import { ConfigurationError } from '../../lib/configurationError.js';

/** AES-256. */
const KEY_BYTES = 32;

export interface ContentKey {
  /** Stands beside what the key has encrypted. */
  id: string;
  /** 32 bytes. */
  bytes: Buffer;
}

/** Where a key comes from: read when a process starts, and never printed. */
export interface KeySource {
  id: string;
  source: { reveal(): string };
}

/**
 * Reads the keys, in their order.
 *
 * @throws ConfigurationError that names the key and the remedy, and quotes nothing of it
 */
export function readContentKeys(sources: readonly KeySource[]): ContentKey[] {
  return sources.map(({ id, source }) => {
    let text: string;
    try {
      text = source.reveal();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      throw new ConfigurationError(`encryption: the key ${id} can’t be read. ${error.message}`, {
        cause: error,
      });
    }
    return { id, bytes: parseKey(id, text) };
  });
}

function parseKey(id: string, text: string): Buffer {
  const bytes = decoded(text);
  if (bytes?.length !== KEY_BYTES) {
    const found = bytes ? `has ${bytes.length} bytes` : 'is neither base64 nor hexadecimal';
    throw new ConfigurationError(
      `encryption: the key ${id} ${found}, and must be 32 random bytes as base64 or as 64 hexadecimal digits. Make one: openssl rand -base64 32`,
    );
  }
  if (bytes.every((byte) => byte === bytes[0])) {
    throw new ConfigurationError(
      `encryption: the key ${id} repeats one byte, and must be random. Make one: openssl rand -base64 32`,
    );
  }
  return bytes;
}

/** Undefined where it is in neither form. 64 hexadecimal digits are a key in hexadecimal, although base64 has them too. */
function decoded(text: string): Buffer | undefined {
  if (/^[\da-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (!/^[\w+/-]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}
