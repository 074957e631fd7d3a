/** What a reader sees of a post, read from what was sent by the rules of each platform. */
import { readDiscordMarkdown } from '../../../src/sandbox/discord/markdown.js';
import { readChatText } from '../../../src/sandbox/googleChat/chatText.js';
import { readMattermostMarkdown } from '../../../src/sandbox/mattermost/markdown.js';
import type { ShownLine } from '../../../src/sandbox/markedText.js';
import { readMrkdwn } from '../../../src/sandbox/slack/mrkdwn.js';
import { sanitiseAsTeams, unescapeHtml } from '../../../src/sandbox/graph/html.js';
import { childrenOf, runsOf, type CardElement } from '../../../src/sandbox/webhook/card.js';

/** A character, and how it looks. */
export interface ShownCharacter {
  character: string;
  styles: string[];
  url?: string | undefined;
}

/** What is invisible, or stands for a character that the platform can't escape. */
function readable(text: string): string {
  return text.replaceAll('\u200B', '').replaceAll('\u02CB', '`');
}

function characters(text: string, styles: readonly string[], url?: string): ShownCharacter[] {
  return readable(text)
    .split('')
    .map((character) => ({ character, styles: [...styles].sort(), url }));
}

const LINE_END: ShownCharacter = { character: '\n', styles: [] };

interface RichTextElement {
  type: string;
  text?: string;
  url?: string;
  name?: string;
  style?: object | string;
  elements?: RichTextElement[];
}

export function shownInRichText(element: RichTextElement): ShownCharacter[] {
  if (element.elements) return [...element.elements.flatMap(shownInRichText), LINE_END];
  const text = element.type === 'emoji' ? `:${element.name ?? ''}:` : (element.text ?? '');
  return characters(
    text,
    typeof element.style === 'object' ? Object.keys(element.style) : [],
    element.url,
  );
}

export function shownInMrkdwn(text: string): ShownCharacter[] {
  return shownInLines(readMrkdwn(text));
}

export function shownInChatText(text: string): ShownCharacter[] {
  return shownInLines(readChatText(text));
}

export function shownInDiscord(text: string): ShownCharacter[] {
  return shownInLines(readDiscordMarkdown(text));
}

export function shownInMattermost(text: string): ShownCharacter[] {
  return shownInLines(readMattermostMarkdown(text));
}

function shownInLines(lines: readonly ShownLine[]): ShownCharacter[] {
  return lines.flatMap(({ runs }) => [
    ...runs.flatMap((run) => {
      if (run.mention) throw new Error(`mentions ${run.text}`);
      return characters(run.text, run.styles, run.url);
    }),
    LINE_END,
  ]);
}

const STYLE_OF_TAG: Partial<Record<string, string>> = {
  strong: 'bold',
  em: 'italic',
  s: 'strike',
  code: 'code',
};

export function shownInHtml(html: string): ShownCharacter[] {
  const shown: ShownCharacter[] = [];
  const open: { tag: string; url?: string | undefined }[] = [];
  for (const [part] of sanitiseAsTeams(html).matchAll(/<[^>]*>|[^<]+/g)) {
    const [, closing, tag = ''] = /^<(\/?)([a-z0-9]+)/.exec(part) ?? [];
    if (tag === '') {
      const styles = open.flatMap((each) => STYLE_OF_TAG[each.tag] ?? []);
      const url = open.findLast((each) => each.url !== undefined)?.url;
      shown.push(...characters(unescapeHtml(part), styles, url));
    } else if (closing === '/') {
      if (open.pop()?.tag !== tag) throw new Error(`</${tag}> closes another element`);
    } else if (!['br', 'hr'].includes(tag)) {
      const href = /href="([^"]*)"/.exec(part)?.[1];
      open.push({ tag, url: href === undefined ? undefined : unescapeHtml(href) });
    }
  }
  if (open.length > 0) throw new Error('an element is not closed');
  return shown;
}

export function shownInCard(element: CardElement): ShownCharacter[] {
  if (element.type === 'TextBlock') {
    const styles = element.weight === 'Bolder' ? ['bold'] : [];
    return [...characters(String(element.text), styles), LINE_END];
  }
  if (element.type === 'RichTextBlock') {
    return [
      ...runsOf(element).flatMap(({ text, bold, italic, struck, monospaced, url }) =>
        characters(
          text,
          [
            ...(bold ? ['bold'] : []),
            ...(italic ? ['italic'] : []),
            ...(struck ? ['strike'] : []),
            ...(monospaced ? ['code'] : []),
          ],
          url,
        ),
      ),
      LINE_END,
    ];
  }
  return childrenOf(element).flatMap(shownInCard);
}
