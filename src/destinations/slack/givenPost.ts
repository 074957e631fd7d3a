/** A post that its source made for Slack itself: its blocks and attachments are posted as they are. */
import type { KnownBlock, MessageAttachment } from '@slack/web-api';
import type { Show } from '../destination.js';
import { parseDocument } from '../document/parseDocument.js';
import { notification } from './render.js';

export interface GivenPost {
  /** What notifications get, and all of the post where it has no blocks. */
  text: string;
  blocks?: KnownBlock[];
  attachments?: MessageAttachment[];
}

/** Undefined where the source made none. Whether Slack takes it is seen when it is sent. */
export function givenPost({ content }: Show): GivenPost | undefined {
  const given = content.native?.slack;
  if (given === undefined) return undefined;
  const { attachments, blocks, text } = given;
  return {
    // A post of attachments alone has none: Slack would show it beside them.
    text: text ?? (blocks ? notification(content.title, parseDocument(content.text)) : ''),
    ...(blocks && { blocks: blocks as KnownBlock[] }),
    ...(attachments && { attachments: attachments as MessageAttachment[] }),
  };
}

/** The same message, to be shown as on other platforms, in one post. */
export function withoutNative<Message extends Show>(message: Message): Message {
  return { ...message, content: { ...message.content, native: undefined }, inParts: 'never' };
}
