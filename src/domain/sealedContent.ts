/** Content as Temporal has it where its retention ends: encrypted under a key that is destroyed then. Plain data, for workflows too. */
import type { Content } from './message.js';

export interface SealedContent {
  /** The content as JSON, encrypted: as `ContentVault` makes it. */
  sealed: string;
  /** ISO 8601: when its key is destroyed. Nothing is posted after it. */
  until: string;
  /** It may take several posts, which workflows can't see any more. */
  severalPosts?: true | undefined;
}

export type StoredContent = Content | SealedContent;

export function isSealed(content: StoredContent): content is SealedContent {
  return 'sealed' in content;
}

/** Why content can't be had any more. */
export interface ContentErasure {
  /** `retention`: its time was over. `person`: somebody erased it before. */
  because: 'retention' | 'person';
  /** ISO 8601. */
  at: string;
  by?: string | undefined;
  reason?: string | undefined;
}

/** As `at 2026-11-26T12:00:00.000Z by ci: asked for by the customer`. */
export function describeErasure({ at, because, by, reason }: ContentErasure): string {
  if (because === 'retention') return `at ${at}, when its retention ended`;
  const who = by === undefined ? '' : ` by ${by}`;
  return `at ${at}${who}${reason === undefined ? '' : `: ${reason}`}`;
}
