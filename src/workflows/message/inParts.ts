/** Messages that a platform may show in several posts, one after the other. */
import { patched } from '@temporalio/workflow';
import type { Correlation } from '../../domain/message.js';
import { isSealed, type StoredContent } from '../../domain/sealedContent.js';
import { mayTakeSeveralPosts } from '../../domain/severalPosts.js';

/** The first versions posted every message in one post, shortened where it was too long. */
const IN_PARTS_PATCH = 'in-parts';

/**
 * Whether the message may be posted in parts. The history says so before the first activity: a worker of an older version, which
 * would take the first part for the whole message, can't go on with it then. Messages that surely take one post have no such event.
 */
export function mayPostInParts({
  content,
  correlation,
}: {
  content: StoredContent;
  correlation?: Correlation | undefined;
}): boolean {
  // Of sealed content that was found out before it was sealed.
  const mayBe = isSealed(content)
    ? content.severalPosts === true
    : mayTakeSeveralPosts({ content, correlation });
  return mayBe && patched(IN_PARTS_PATCH);
}
