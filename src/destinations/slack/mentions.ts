/** Whom a Slack post mentions, as elements of its own. Text is never one. */
import type { KnownBlock, RichTextElement } from '@slack/web-api';
import { DeliveryError } from '../../domain/delivery.js';
import { isEmail, type MentionKind, type Mentions } from '../../domain/mentions.js';
import { permanent } from '../../http/failure.js';
import { mentionsToMake, type MentionPolicy } from '../mentionPolicy.js';

const ID_FORMS = { users: /^[UW][A-Z0-9]{1,30}$/, groups: /^S[A-Z0-9]{1,30}$/ };

/** Whether Slack has such people and groups. */
export function canMention(kind: MentionKind, name: string): boolean {
  if (kind === 'here' || kind === 'channel') return true;
  return ID_FORMS[kind].test(name) || (kind === 'users' && isEmail(name));
}

/** A mention, in a block and in text. */
interface ShownMention {
  element: RichTextElement;
  text: string;
}

/**
 * Those of the mentions that Slack has. Rejects only with DeliveryError: where the account doesn't allow one, and where nobody has
 * an e-mail address.
 *
 * @param personOf the id of the person with an e-mail address
 */
export async function slackMentions(
  mentions: Mentions | undefined,
  policy: MentionPolicy | undefined,
  personOf: (email: string) => Promise<string>,
): Promise<ShownMention[]> {
  const shown: ShownMention[] = [];
  for (const { field, kind, name } of mentionsToMake(mentions, policy, canMention)) {
    const id = kind === 'users' && isEmail(name) ? await found(field, personOf(name)) : name;
    shown.push(shownMention(kind, id));
  }
  return shown;
}

function shownMention(kind: MentionKind, id: string): ShownMention {
  switch (kind) {
    case 'users':
      return { element: { type: 'user', user_id: id }, text: `<@${id}>` };
    case 'groups':
      return { element: { type: 'usergroup', usergroup_id: id }, text: `<!subteam^${id}>` };
    case 'here':
    case 'channel':
      return { element: { type: 'broadcast', range: kind }, text: `<!${kind}>` };
  }
}

/** The post with a line of mentions at its beginning. */
export function withMentions<Post extends { text: string; blocks?: KnownBlock[] }>(
  post: Post,
  mentions: readonly ShownMention[],
): Post {
  if (mentions.length === 0) return post;
  const elements = mentions.flatMap(({ element }, index): RichTextElement[] =>
    index === 0 ? [element] : [{ type: 'text', text: ' ' }, element],
  );
  const line: KnownBlock = {
    type: 'rich_text',
    elements: [{ type: 'rich_text_section', elements }],
  };
  const text = mentions.map((mention) => mention.text).join(' ');
  return {
    ...post,
    text: `${text}\n${post.text}`,
    ...(post.blocks && { blocks: [line, ...post.blocks] }),
  };
}

/** The person of an e-mail address. The destination is there, even where the person is not. */
async function found(field: string, person: Promise<string>): Promise<string> {
  try {
    return await person;
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.reason !== 'destination_not_found') throw error;
    const { httpStatus, message, platformCode } = error;
    const failure = { ...permanent('content_rejected'), httpStatus, platformCode };
    throw new DeliveryError(`${field}: ${message}`, failure);
  }
}
