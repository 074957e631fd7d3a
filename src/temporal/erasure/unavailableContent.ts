/** Content whose key can't be had. The messages have no content and no key. */
import { describeErasure, type ContentErasure } from '../../domain/sealedContent.js';
import { UnreadableContent } from '../encryption/unreadableContent.js';

/** It was erased, as it was meant to be. */
export class ContentErased extends Error {
  override readonly name = 'ContentErased';
  readonly erasure: ContentErasure;

  constructor(erasure: ContentErasure) {
    super(`Its content was erased ${describeErasure(erasure)}.`);
    this.erasure = erasure;
  }
}

/** Its key should still be there, and isn't: an incident. */
export function contentKeyLost(name: string, directory: string, until: string): UnreadableContent {
  return new UnreadableContent(
    name,
    `Its content can’t be read: its key ${name} is missing in ${directory}, though it is kept until ${until}. Give this process the directory that all processes share (contentRetention.keyDirectory), or restore the key from a backup.`,
  );
}

/** Nothing can be sealed, so nothing is accepted. */
export function keyDirectoryUnusable(directory: string, cause: unknown): UnreadableContent {
  const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
  return new UnreadableContent(
    directory,
    `Its content can’t be sealed: the directory ${directory} of contentRetention can’t be used (${code}). Let this user write there, or set contentRetention.keyDirectory.`,
    { cause },
  );
}

/** A key with its name is there, and is another one. */
export function contentKeyReplaced(name: string, directory: string): UnreadableContent {
  return new UnreadableContent(
    name,
    `Its content can’t be read: the key ${name} in ${directory} is another one than it was sealed with. Give all processes one directory (contentRetention.keyDirectory), or restore the key from a backup.`,
  );
}
