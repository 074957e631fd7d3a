/**
 * Rich text as Slack's older markup, mrkdwn, for notifications and for what has no blocks:
 * https://docs.slack.dev/messaging/formatting-message-text. Every character that came with the message is written so that it
 * stays text: none of it can mention `<!channel>` or a person, and what looks like markup isn't.
 */
import type { RichTextElement, RichTextLink, RichTextText } from '@slack/web-api';
import { itemMarker, STYLES, type Style } from '../document/document.js';
import {
  fencedCode,
  plainWords,
  textAtoms,
  withMarkers,
  ZERO_WIDTH_SPACE,
  type Atom,
  type WordWriter,
} from '../document/wordMarkers.js';
import type { NumberedList, RichText } from './richText.js';

const INDENT = '    ';

/** Escapes the three characters that Slack requires to be escaped, and no others. */
export function escapeMrkdwn(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** A code of an emoji, from its first colon. */
const EMOJI_CODE = /(?<![A-Za-z0-9]):(?=(?:[a-z+-][a-z0-9_+'-]*|100|1234):)/g;

/** A line of any text, which stays text. */
export function plainMrkdwn(line: string): string {
  return unquoted(plainWords(line, WRITER));
}

const WRITER: WordWriter = {
  words: (text) => escapeMrkdwn(text).replace(EMOJI_CODE, `:${ZERO_WIDTH_SPACE}`),
  code: escapeMrkdwn,
  line: unquoted,
};

/** At the beginning of a line, an escaped `>` quotes nevertheless. */
function unquoted(line: string): string {
  return line.startsWith('&gt;') ? ZERO_WIDTH_SPACE + line : line;
}

/** A link, with its label. */
export function mrkdwnLink(url: string, label: string): string {
  const target = escapeMrkdwn(url).replaceAll('|', '%7C');
  const words = label.replaceAll('\n', ' ');
  return words === '' || words === url ? `<${target}>` : `<${target}|${plainWords(words, WRITER)}>`;
}

/** Elements, each on lines of its own. */
export function richTextToMrkdwn(elements: readonly RichText[]): string {
  return elements.map(elementToMrkdwn).join('\n');
}

function elementToMrkdwn(element: RichText): string {
  switch (element.type) {
    case 'rich_text_section':
      return inlineToMrkdwn(element.elements);
    case 'rich_text_quote':
      return quoted(inlineToMrkdwn(element.elements));
    case 'rich_text_preformatted': {
      const code = fencedCode(codeWithAddresses(element.elements), WRITER);
      return element.border ? quoted(code) : code;
    }
    case 'rich_text_list': {
      const items = listToMrkdwn(element);
      return element.border ? quoted(items) : items;
    }
  }
}

function quoted(text: string): string {
  return text.replace(/^/gm, '> ');
}

/** Code blocks have no links in mrkdwn: an address follows its label. */
function codeWithAddresses(elements: readonly (RichTextText | RichTextLink)[]): string {
  return elements
    .map((element, index) => {
      if (element.type === 'text') return element.text;
      const { text = '', url } = element;
      if (text === '' || text === url) return url;
      const next = elements[index + 1];
      const goesOn = next?.type === 'link' && next.url === url;
      return goesOn ? text : `${text} (${url})`;
    })
    .join('');
}

function listToMrkdwn({ elements, style, indent = 0, offset = 0 }: NumberedList): string {
  const first = style === 'ordered' ? offset + 1 : undefined;
  return elements
    .map((item, index) => {
      const marker = itemMarker(first, index, indent);
      return `${marker} ${inlineToMrkdwn(item.elements).replaceAll('\n', `\n${INDENT}`)}`;
    })
    .join('\n')
    .replace(/^/gm, INDENT.repeat(indent));
}

function inlineToMrkdwn(elements: readonly RichTextElement[]): string {
  return withMarkers(elements.flatMap(atomsOf), WRITER);
}

function atomsOf(element: RichTextElement): Atom[] {
  const styles = stylesOf(element);
  const word = (text: string, written: string, of = styles): Atom => ({
    kind: 'word',
    text,
    written,
    styles: of,
  });
  switch (element.type) {
    case 'text':
      return textAtoms(element.text, styles, WRITER);
    case 'link': {
      const { url, text = '' } = element;
      // Code in a label would hide the link.
      const shown = styles.filter((style) => style !== 'code');
      return [word(text || url, mrkdwnLink(url, text), shown)];
    }
    case 'emoji':
      return [word(`:${element.name}:`, `:${element.name}:`)];
    default:
      return [];
  }
}

function stylesOf(element: RichTextElement): Style[] {
  const style: Partial<Record<Style, boolean>> = 'style' in element ? (element.style ?? {}) : {};
  return STYLES.filter((name) => style[name] === true);
}
