/** Attachments, the form before blocks: https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments */
import { linked, paragraphs, plain } from '../facts.js';
import { at, listAt, textAt } from '../json.js';
import { blocksToMarkdown } from './blocks.js';
import { mrkdwnToMarkdown } from './mrkdwn.js';

export function attachmentToMarkdown(attachment: unknown): string {
  const shown = paragraphs(
    mrkdwn(textAt(attachment, 'pretext')),
    linked(textAt(attachment, 'author_name'), at(attachment, 'author_link')),
    bold(linked(textAt(attachment, 'title'), at(attachment, 'title_link'))),
    mrkdwn(textAt(attachment, 'text')),
    blocksToMarkdown(listAt(attachment, 'blocks')),
    listAt(attachment, 'fields').map(fieldToMarkdown).join('\n'),
    links(attachment),
    plain(textAt(attachment, 'footer')),
  );
  return shown === '' ? (plain(textAt(attachment, 'fallback')) ?? '') : shown;
}

function fieldToMarkdown(field: unknown): string {
  const title = plain(textAt(field, 'title'));
  const value = mrkdwn(textAt(field, 'value')) ?? '';
  return title === undefined ? value : `**${title}:** ${value}`;
}

/** Its image, and the buttons that open a page. */
function links(attachment: unknown): string {
  const buttons = listAt(attachment, 'actions').flatMap((action) =>
    at(action, 'url') === undefined
      ? []
      : [linked(textAt(action, 'text') ?? 'Open', at(action, 'url'))],
  );
  const image = at(attachment, 'image_url') && linked('Image', at(attachment, 'image_url'));
  return [image, ...buttons].filter(Boolean).join(' · ');
}

function mrkdwn(text: string | undefined): string | undefined {
  return text === undefined ? undefined : mrkdwnToMarkdown(text);
}

function bold(markdown: string | undefined): string | undefined {
  return markdown === undefined ? undefined : `**${markdown}**`;
}
