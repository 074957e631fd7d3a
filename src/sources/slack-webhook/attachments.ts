/** Attachments, the form before blocks: https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments */
import { linked, linksLine, paragraphs, plain, type Link } from '../facts.js';
import { at, listAt, textAt } from '../json.js';
import { blocksToMarkdown } from './blocks.js';
import { bold } from '../styledMarkdown.js';
import { joinedLines, mrkdwnToMarkdown } from './mrkdwn.js';

export function attachmentToMarkdown(attachment: unknown): string {
  const shown = paragraphs(
    mrkdwn(textAt(attachment, 'pretext')),
    linked(textAt(attachment, 'author_name'), at(attachment, 'author_link')),
    bold(linked(textAt(attachment, 'title'), at(attachment, 'title_link')) ?? ''),
    mrkdwn(textAt(attachment, 'text')),
    blocksToMarkdown(listAt(attachment, 'blocks')),
    joinedLines(listAt(attachment, 'fields').map(fieldToMarkdown)),
    links(attachment),
    plain(textAt(attachment, 'footer')),
  );
  return shown === '' ? (plain(textAt(attachment, 'fallback')) ?? '') : shown;
}

function fieldToMarkdown(field: unknown): string {
  const title = plain(textAt(field, 'title')?.trim());
  const value = mrkdwn(textAt(field, 'value')) ?? '';
  return title === undefined ? value : `${bold(`${title}:`)} ${value}`;
}

/** Its images, and the buttons that open a page. */
function links(attachment: unknown): string {
  return linksLine([
    ['Image', at(attachment, 'image_url')],
    ['Thumbnail', at(attachment, 'thumb_url')],
    ...listAt(attachment, 'actions').map((action): Link => [
      textAt(action, 'text'),
      at(action, 'url'),
    ]),
  ]);
}

function mrkdwn(text: string | undefined): string | undefined {
  return text === undefined ? undefined : mrkdwnToMarkdown(text);
}
