import type { Severity } from '../../domain/message.js';
import { event } from '../event.js';
import { paragraphs } from '../facts.js';
import { listAt, textAt, type JsonObject } from '../json.js';
import { Unusable, type ParsedEvent } from '../source.js';
import { attachmentToMarkdown, severityOfColour } from './attachments.js';
import { blocksToMarkdown, headerIn } from './blocks.js';
import { sendable } from './mentions.js';
import { decodeEntities, mrkdwnToMarkdown } from './mrkdwn.js';

/** A post's JSON beyond this is shown as text: it would be most of the message's history. */
const LARGEST_NATIVE_BYTES = 48 * 1024;

/** @throws Unusable where there is nothing to show */
export function parseWebhook(
  payload: JsonObject,
  { key, mayMention }: { key: string; mayMention: boolean },
): ParsedEvent {
  const text = textAt(payload, 'text');
  const blocks = listAt(payload, 'blocks');
  const attachments = listAt(payload, 'attachments');
  const markdown = paragraphs(
    // Where there are blocks, the text is what notifications show of them.
    blocks.length > 0 ? blocksToMarkdown(blocks) : text && mrkdwnToMarkdown(text),
    ...attachments.map(attachmentToMarkdown),
  );
  if (text === undefined && markdown === '') {
    throw new Unusable('The payload has neither text nor blocks nor attachments.');
  }
  const [firstAttachment] = attachments;
  const title =
    headerIn(blocks) ??
    (text ? firstLine(text) : undefined) ??
    textAt(firstAttachment, 'title') ??
    textAt(firstAttachment, 'fallback') ??
    'A message';
  return event({
    key,
    title: decodeEntities(title),
    text: markdown === '' ? mrkdwnToMarkdown(text ?? '') : markdown,
    severity: severityIn(attachments),
    url: textAt(firstAttachment, 'title_link'),
    labels: {
      channel: textAt(payload, 'channel'),
      username: textAt(payload, 'username'),
      color: textAt(firstAttachment, 'color'),
    },
    native: nativeOf({ text, blocks, attachments }, mayMention),
    raw: payload,
  });
}

/** Slack itself allows at most so many. */
const MOST_BLOCKS = 50;
const MOST_ATTACHMENTS = 100;

function nativeOf(
  given: { text: string | undefined; blocks: readonly unknown[]; attachments: readonly unknown[] },
  mayMention: boolean,
): ParsedEvent['native'] {
  const { attachments, blocks, text } = sendable(given, { mayMention });
  if (blocks.length > MOST_BLOCKS || attachments.length > MOST_ATTACHMENTS) return undefined;
  const slack = {
    ...(text !== undefined && { text }),
    ...(blocks.length > 0 && { blocks: [...blocks] }),
    ...(attachments.length > 0 && { attachments: [...attachments] }),
  };
  return JSON.stringify(slack).length > LARGEST_NATIVE_BYTES ? undefined : { slack };
}

function severityIn(attachments: readonly unknown[]): Severity | undefined {
  const severities = attachments.flatMap(
    (attachment) => severityOfColour(textAt(attachment, 'color')) ?? [],
  );
  return (['critical', 'error', 'warning', 'info', 'ok'] as const).find((each) =>
    severities.includes(each),
  );
}

function firstLine(text: string): string | undefined {
  return text
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/<([^<>|]+)\|([^<>]+)>/g, '$2')
        .replaceAll(/[*~`]/g, '')
        .trim(),
    )
    .find((line) => line !== '');
}
