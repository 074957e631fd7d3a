/** What of a message is sealed, and in which context it can be opened: the message's own. */
import type { BatchEntry, StoredBatchEntry } from '../domain/batch.js';
import type { Content } from '../domain/message.js';
import { isSealed, type StoredContent } from '../domain/sealedContent.js';
import { sealIn, type ContentVault } from '../temporal/erasure/contentVault.js';
import { ContentErased } from '../temporal/erasure/unavailableContent.js';

const contentOf = (deduplicationKey: string): string => `content ${deduplicationKey}`;
const titleOf = (deduplicationKey: string): string => `title ${deduplicationKey}`;

export async function sealContent(
  vault: ContentVault,
  seal: string,
  deduplicationKey: string,
  content: Content,
): Promise<string> {
  return await vault.seal(seal, contentOf(deduplicationKey), JSON.stringify(content));
}

/**
 * @param vault is asked for only where the content is sealed
 * @throws ContentErased, UnreadableContent
 */
export async function openContent(
  vault: () => ContentVault,
  deduplicationKey: string,
  content: StoredContent,
): Promise<Content> {
  if (!isSealed(content)) return content;
  return JSON.parse(await vault().open(content.sealed, contentOf(deduplicationKey))) as Content;
}

/** For groups and conversations, which show a title without the message. */
export async function sealTitle(
  vault: ContentVault,
  seal: string,
  deduplicationKey: string,
  title: string,
): Promise<string> {
  return await vault.seal(seal, titleOf(deduplicationKey), title);
}

/** The title as it was. Undefined where it can't be had any more: the message is then known by its key. */
export async function openTitle(
  vault: () => ContentVault,
  deduplicationKey: string,
  title: string,
): Promise<string | undefined> {
  if (sealIn(title) === undefined) return title;
  return await vault()
    .open(title, titleOf(deduplicationKey))
    .catch(() => undefined);
}

/** An entry of a batch as it was sent, and the seal that it has. An erased message is none any more. @throws UnreadableContent */
export async function openEntry(
  vault: () => ContentVault,
  entry: StoredBatchEntry,
): Promise<{ entry: BatchEntry; seal?: string | undefined }> {
  if (!('message' in entry)) return { entry };
  const { content, ...rest } = entry.message;
  if (!isSealed(content)) return { entry: { message: { ...rest, content } } };
  try {
    const opened = await openContent(vault, rest.deduplicationKey, content);
    return { entry: { message: { ...rest, content: opened } }, seal: sealIn(content.sealed) };
  } catch (error) {
    if (!(error instanceof ContentErased)) throw error;
    const faults = [{ field: 'content', detail: error.message }];
    return { entry: { faults, deduplicationKey: rest.deduplicationKey } };
  }
}
