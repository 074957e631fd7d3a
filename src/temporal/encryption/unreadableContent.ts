/** Content that Temporal has and that this process can't decrypt. The message has no content and no key, only the key's id. */
export class UnreadableContent extends Error {
  override readonly name = 'UnreadableContent';
  /** The id of the key that it was encrypted with. */
  readonly keyId: string;

  constructor(keyId: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.keyId = keyId;
  }
}

/** More of an id that somebody else has written is not shown. */
const MOST_SHOWN = 64;

/** The installation has no key with this id. */
export function keyMissing(keyId: string): UnreadableContent {
  const shown = shownId(keyId);
  return new UnreadableContent(
    shown,
    `Its content is encrypted with the key ${shown}, which this installation doesn’t have. Add the key under encryption.keys.`,
  );
}

/** The key with this id doesn't decrypt it. */
export function notDecryptable(keyId: string, cause?: unknown): UnreadableContent {
  const shown = shownId(keyId);
  return new UnreadableContent(
    shown,
    `Its content can’t be decrypted with the key ${shown}: the key with this id is another one than it was encrypted with, or the content was changed. Correct the key under encryption.keys.`,
    { cause },
  );
}

function shownId(keyId: string): string {
  const printable = keyId.replace(/[^\w.-]/g, '?').slice(0, MOST_SHOWN);
  return printable === '' ? '(without an id)' : printable;
}

/** The error itself, or what has caused it. */
export function unreadableContentIn(error: unknown): UnreadableContent | undefined {
  let each = error;
  for (let depth = 0; depth < 10 && each instanceof Error; depth += 1) {
    if (each instanceof UnreadableContent) return each;
    each = each.cause;
  }
  return undefined;
}
