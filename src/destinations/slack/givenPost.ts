/** A post that its source made for Slack itself: its blocks and attachments are posted as they are. */
import type { KnownBlock, MessageAttachment } from '@slack/web-api';
import type { Show } from '../destination.js';
import { parseDocument } from '../document/parseDocument.js';
import { LINK_WORDS, type MessagePage } from '../../domain/messagePage.js';
import { ONE_POST_LIMIT, plainTextOf } from './plainText.js';
import { BLOCKS_LIMIT, footerBlocks, notification } from './render.js';

/** https://docs.slack.dev/reference/methods/chat.postMessage: above 100 attachments, `too_many_attachments`. */
const ATTACHMENTS_LIMIT = 100;

export interface GivenPost {
  /** What notifications get, and all of the post where it has no blocks. */
  text: string;
  blocks?: KnownBlock[];
  attachments?: MessageAttachment[];
}

/**
 * Undefined where the source made none, or one of which Slack would make several posts, cut anywhere: a rendering has parts of its own.
 * But a rendering notifies nobody, so what mentions people stays as it is. Whether Slack takes it is seen when it is sent.
 */
export function givenPost({ content, page }: Show): GivenPost | undefined {
  const given = content.native?.slack;
  if (given === undefined) return undefined;
  const { attachments, blocks, text } = given;
  const post = {
    // A post of attachments alone has none: Slack would show it beside them.
    text: text ?? (blocks ? notification(content.title, parseDocument(content.text)) : ''),
    ...(blocks && { blocks: blocks as KnownBlock[] }),
    ...(attachments && { attachments: attachments as MessageAttachment[] }),
  };
  return isCutBySlack(post) ? undefined : withFooter(post, page);
}

function isCutBySlack({ blocks = [], text }: GivenPost): boolean {
  return blocks.length === 0 && text.length > ONE_POST_LIMIT && !MENTION.test(text);
}

/** Sources leave only those that they allow. */
const MENTION = /<[!@]\w/;

/** The link below what the source made, at the end of what the post shows; none where there is no room for it. */
function withFooter(post: GivenPost, page: MessagePage): GivenPost {
  const footer = footerBlocks(page);
  if (footer.length === 0) return post;
  const { attachments, blocks } = post;
  // Attachments are shown below the text and the blocks.
  if (attachments && attachments.length > 0) {
    if (attachments.length >= ATTACHMENTS_LIMIT) return post;
    return { ...post, attachments: [...attachments, { blocks: footer, fallback: LINK_WORDS }] };
  }
  if (blocks && blocks.length > 0) {
    return blocks.length < BLOCKS_LIMIT ? { ...post, blocks: [...blocks, ...footer] } : post;
  }
  const text = `${post.text}\n\n${plainTextOf(footer)}`;
  return text.length <= ONE_POST_LIMIT ? { ...post, text } : post;
}

/** The same message, to be shown as on other platforms, in one post. */
export function withoutNative<Message extends Show>(message: Message): Message {
  return { ...message, content: { ...message.content, native: undefined }, inParts: 'never' };
}
