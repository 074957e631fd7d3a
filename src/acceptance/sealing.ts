/** Content whose retention ends goes to Temporal sealed: see `ContentVault`. */
import type { Configuration } from '../config/configuration.js';
import type { BatchEntry, StoredBatchEntry } from '../domain/batch.js';
import type { Content, Message } from '../domain/message.js';
import type { SealedContent, StoredContent } from '../domain/sealedContent.js';
import { mayTakeSeveralPosts } from '../domain/severalPosts.js';
import { own } from '../lib/own.js';
import { LoopBreaks } from '../lib/loopBreaks.js';
import { sealContent, sealTitle } from '../store/sealedMessages.js';
import type { MessageStart } from '../store/startMessage.js';
import { sealedUntil, type ContentVault } from '../temporal/erasure/contentVault.js';
import { fingerprint } from './fingerprint.js';
import { settingsWithoutContent } from './settings.js';

type Retention = Pick<Configuration, 'contentRetention'>;

/** How long the content of a message is kept, in milliseconds; undefined: for as long as Temporal keeps the message. */
export function contentRetentionMs(
  { contentRetention: { bySourceMs, defaultMs } }: Retention,
  { correlation }: Pick<Message, 'correlation'>,
): number | undefined {
  const source = correlation?.source;
  return (source === undefined ? undefined : own(bySourceMs, source)) ?? defaultMs;
}

/** What is known of the seal before the message is looked at. */
export interface KnownSeal {
  /** What its content is sealed with already, in a batch. */
  seal?: string | undefined;
  /** How long its content is kept, in milliseconds, where that isn't its source's to say: it shows what others say. */
  contentRetentionMs?: number | undefined;
}

/** How long content is kept that has something of each of these sources, in milliseconds; undefined as above. */
export function shortestRetentionMs(
  configuration: Retention,
  sources: readonly string[],
): number | undefined {
  const retentionsMs = sources.flatMap(
    (source) => contentRetentionMs(configuration, { correlation: { source } }) ?? [],
  );
  return retentionsMs.length === 0 ? undefined : Math.min(...retentionsMs);
}

/**
 * The start with everything sealed that people wrote: the content, the titles that lists and a group show, and the hashes of both. As it is
 * where its content is kept.
 *
 * @param vault of the process; it is asked for only where something is sealed
 */
export async function sealStart(
  vault: () => ContentVault,
  configuration: Retention,
  start: MessageStart,
  message: Message,
  known: KnownSeal = {},
): Promise<MessageStart> {
  const { deduplicationKey, input, memo } = start;
  const retentionMs = known.contentRetentionMs ?? contentRetentionMs(configuration, message);
  if (known.seal === undefined && retentionMs === undefined) return start;
  const seal = known.seal ?? (await vault().newSeal(retentionMs ?? 0, dueAtMs(message)));
  const content = await sealed(vault(), seal, message, input.content as Content);
  const { unposted } = input;
  const grouped = unposted?.kind === 'grouped' && {
    ...unposted,
    member: {
      ...unposted.member,
      title: await sealTitle(vault(), seal, deduplicationKey, unposted.member.title),
    },
  };
  return {
    deduplicationKey,
    input: { ...input, content, ...(grouped && { unposted: grouped }) },
    memo: {
      ...memo,
      ...(memo.title !== undefined && {
        title: await sealTitle(vault(), seal, deduplicationKey, memo.title),
      }),
      seal,
      settings: settingsWithoutContent(memo.settings),
      fingerprint: fingerprint(message, await vault().hashKey(seal)),
    },
  };
}

/** The messages of a batch as it is stored. Each has the seal that its own workflow will have. */
export async function sealEntries(
  vault: () => ContentVault,
  configuration: Retention,
  entries: readonly BatchEntry[],
): Promise<StoredBatchEntry[]> {
  const stored: StoredBatchEntry[] = [];
  // Other requests have their turn meanwhile.
  const breaks = new LoopBreaks();
  for (const entry of entries) {
    const retentionMs = 'message' in entry && contentRetentionMs(configuration, entry.message);
    if (retentionMs === false || retentionMs === undefined) stored.push(entry);
    else {
      const { message } = entry;
      const seal = await vault().newSeal(retentionMs, dueAtMs(message));
      const content = await sealed(vault(), seal, message, message.content);
      stored.push({ message: { ...message, content } });
    }
    await breaks.take();
  }
  return stored;
}

async function sealed(
  vault: ContentVault,
  seal: string,
  { correlation, deduplicationKey }: Pick<Message, 'correlation' | 'deduplicationKey'>,
  content: Content,
): Promise<StoredContent> {
  const several = mayTakeSeveralPosts({ content, correlation });
  const made: SealedContent = {
    sealed: await sealContent(vault, seal, deduplicationKey, content),
    until: sealedUntil(seal),
    ...(several && { severalPosts: true }),
  };
  return made;
}

/** The content of a message that is posted later is kept as long after its day. */
function dueAtMs({ deliverAt }: Pick<Message, 'deliverAt'>): number {
  return deliverAt === undefined ? 0 : Date.parse(deliverAt);
}
