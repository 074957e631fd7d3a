import type { Severity } from '../../domain/message.js';
import { severityOfColour } from '../colours.js';
import { event } from '../event.js';
import { paragraphs, plain } from '../facts.js';
import { at, listAt, textAt, type JsonObject } from '../json.js';
import { Unusable, type ParsedEvent } from '../source.js';
import { wordsOf } from '../../templates/richText.js';
import { attachmentToMarkdown } from './attachments.js';
import { blocksToMarkdown, headerIn } from './blocks.js';
import { sendable } from './mentions.js';
import { decodeEntities, mrkdwnToMarkdown } from './mrkdwn.js';

/** A post's JSON beyond this is shown as text: it would be most of the message's history. */
const LARGEST_NATIVE_BYTES = 48 * 1024;

/** Of a long text, in characters. A title is shorter. */
const TITLE_IS_WITHIN = 2_000;

const HAS_WORDS = /[\p{L}\p{N}]/u;

/** @throws Unusable where there is nothing to show */
export function parseWebhook(
  payload: JsonObject,
  { key, mayMention }: { key: string; mayMention: boolean },
): ParsedEvent {
  const text = textAt(payload, 'text');
  const blocks = listAt(payload, 'blocks');
  const attachments = listAt(payload, 'attachments');
  const isPlain = at(payload, 'mrkdwn') === false;
  const asMarkdown = (given: string): string =>
    isPlain ? (plain(decodeEntities(given)) ?? '') : mrkdwnToMarkdown(given);
  const blocksShown = blocksToMarkdown(blocks);
  const markdown = paragraphs(
    // Where there are blocks, the text is what notifications show of them: it is shown where they have no word that is known here.
    text === undefined || HAS_WORDS.test(blocksShown) ? blocksShown : asMarkdown(text),
    ...attachments.map(attachmentToMarkdown),
  );
  if (text === undefined && markdown === '') {
    throw new Unusable('The payload has neither text nor blocks nor attachments.');
  }
  const [firstAttachment] = attachments;
  const title =
    headerIn(blocks) ??
    (text ? firstLine(asMarkdown(text.trimStart().slice(0, TITLE_IS_WITHIN))) : undefined) ??
    decoded(textAt(firstAttachment, 'title')) ??
    decoded(textAt(firstAttachment, 'fallback')) ??
    firstLine(markdown) ??
    'A message';
  return event({
    key,
    title,
    text: markdown === '' ? asMarkdown(text ?? '') : markdown,
    severity: severityIn(attachments),
    url: textAt(firstAttachment, 'title_link'),
    labels: {
      channel: textAt(payload, 'channel'),
      username: textAt(payload, 'username'),
      color: textAt(firstAttachment, 'color'),
      thread_ts: textAt(payload, 'thread_ts'),
    },
    // A post of plain text is one that others render, too.
    native: isPlain ? undefined : nativeOf({ text, blocks, attachments }, mayMention),
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
  return Buffer.byteLength(JSON.stringify(slack)) > LARGEST_NATIVE_BYTES ? undefined : { slack };
}

function severityIn(attachments: readonly unknown[]): Severity | undefined {
  const severities = attachments.flatMap(
    (attachment) => severityOfColour(textAt(attachment, 'color')) ?? [],
  );
  return (['critical', 'error', 'warning', 'info', 'ok'] as const).find((each) =>
    severities.includes(each),
  );
}

function decoded(text: string | undefined): string | undefined {
  return text === undefined ? undefined : decodeEntities(text);
}

/** The words of the first line, without markup. */
function firstLine(markdown: string): string | undefined {
  return wordsOf(markdown.slice(0, TITLE_IS_WITHIN * 2))
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '');
}
