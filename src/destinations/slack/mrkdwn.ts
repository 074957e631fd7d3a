/**
 * Rich text as Slack's older markup, mrkdwn, for notifications and for what has no blocks:
 * https://docs.slack.dev/messaging/formatting-message-text. Every character that came with the message is written so that it
 * stays text: none of it can mention `<!channel>` or a person, and what looks like markup isn't.
 */
import type { RichTextElement, RichTextLink, RichTextText } from '@slack/web-api';
import { itemMarker, STYLES, type Style } from '../document/document.js';
import type { NumberedList, RichText } from './richText.js';

/**
 * Slack formats only at word boundaries, and not beside a space. This is both, and invisible: outside a marker it lets it
 * work within a word; inside, it makes it a character like any other.
 */
const ZERO_WIDTH_SPACE = '\u200B';

/** Stands for a backtick, which makes code wherever it is, and can't be escaped. */
const LOOKS_LIKE_BACKTICK = '\u02CB';

const INDENT = '    ';

/** Escapes the three characters that Slack requires to be escaped, and no others. */
export function escapeMrkdwn(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** A code of an emoji, from its first colon. */
const EMOJI_CODE = /(?<![A-Za-z0-9]):(?=(?:[a-z+-][a-z0-9_+'-]*|100|1234):)/g;

/** A line of any text, which stays text. */
export function plainMrkdwn(line: string): string {
  return unquoted(plainWords(line));
}

/** Any text within a line. */
function plainWords(text: string): string {
  return text
    .split(LITERAL_MARKERS)
    .map((part, index, parts) =>
      index % 2 === 0 ? escapedWords(part) : inert(part, parts[index - 1], parts[index + 1]),
    )
    .join('');
}

function escapedWords(text: string): string {
  return escapeMrkdwn(text.replaceAll('`', LOOKS_LIKE_BACKTICK)).replace(
    EMOJI_CODE,
    `:${ZERO_WIDTH_SPACE}`,
  );
}

/** At the beginning of a line, an escaped `>` quotes nevertheless. */
function unquoted(line: string): string {
  return line.startsWith('&gt;') ? ZERO_WIDTH_SPACE + line : line;
}

const LITERAL_MARKERS = /([*_~]+)/;

/** Markers that are text. With a space on both sides, or as an underscore within a word, they mean nothing as they are. */
function inert(markers: string, before = '', after = ''): string {
  const isWithinWord = /[\p{L}\p{N}]$/u.test(before) && /^[\p{L}\p{N}]/u.test(after);
  if (/^_+$/.test(markers) && isWithinWord) return markers;
  return [
    /\S$/.test(before) ? ZERO_WIDTH_SPACE : '',
    Array.from(markers).join(ZERO_WIDTH_SPACE),
    /^\S/.test(after) ? ZERO_WIDTH_SPACE : '',
  ].join('');
}

/** A link, with its label. */
export function mrkdwnLink(url: string, label: string): string {
  const target = escapeMrkdwn(url).replaceAll('|', '%7C');
  const words = label.replaceAll('\n', ' ');
  return words === '' || words === url ? `<${target}>` : `<${target}|${plainWords(words)}>`;
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
      const code = fenced(codeWithAddresses(element.elements));
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

/** Slack has no longer fence: a fence in the code is broken up invisibly. */
function fenced(code: string): string {
  const inner = escapeMrkdwn(code).replaceAll('```', ['`', '`', '`'].join(ZERO_WIDTH_SPACE));
  return `\`\`\`\n${inner}\n\`\`\``;
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

const MARKERS: Record<Style, string> = { bold: '*', italic: '_', strike: '~', code: '`' };

/** A word, or what is between words, with the styles that the reader sees on it. */
interface Atom {
  kind: 'word' | 'space' | 'markers' | 'line end';
  /** As the reader sees it. */
  text: string;
  /** In mrkdwn; of markers, this depends on what is beside them. */
  written: string;
  styles: readonly Style[];
}

/** Slack's markers work only within a line, and beside words: each line is written for itself, with spaces outside of markers. */
function inlineToMrkdwn(elements: readonly RichTextElement[]): string {
  const lines: Atom[][] = [[]];
  for (const atom of elements.flatMap(atomsOf)) {
    if (atom.kind === 'line end') lines.push([]);
    else lines.at(-1)?.push(atom);
  }
  return lines.map(lineToMrkdwn).join('\n');
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
      return styles.includes('code')
        ? codeAtoms(element.text, styles)
        : textAtoms(element.text, styles);
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

function textAtoms(text: string, styles: readonly Style[]): Atom[] {
  return text
    .split(/(\n|[^\S\n]+|[*_~]+)/)
    .filter((part) => part !== '')
    .map((part) => {
      const written = escapedWords(part);
      if (part === '\n') return { kind: 'line end', text: part, written, styles };
      if (/^\s/.test(part)) return { kind: 'space', text: part, written, styles };
      return { kind: LITERAL_MARKERS.test(part) ? 'markers' : 'word', text: part, written, styles };
    });
}

/** Code keeps its spaces; a backtick in it would end it. */
function codeAtoms(text: string, styles: readonly Style[]): Atom[] {
  return text.split(/(\n)/).flatMap((part): Atom[] => {
    if (part === '') return [];
    const written = escapeMrkdwn(part.replaceAll('`', LOOKS_LIKE_BACKTICK));
    return [{ kind: part === '\n' ? 'line end' : 'word', text: part, written, styles }];
  });
}

function stylesOf(element: RichTextElement): Style[] {
  const style: Partial<Record<Style, boolean>> = 'style' in element ? (element.style ?? {}) : {};
  return STYLES.filter((name) => style[name] === true);
}

/** Beside these a marker has no effect, unless something stands between. */
const WORD_OR_MARKER = String.raw`[\p{L}\p{N}_*~\x60]`;
const ENDS_IN_WORD = new RegExp(`${WORD_OR_MARKER}$`, 'u');
const BEGINS_WITH_WORD = new RegExp(`^${WORD_OR_MARKER}`, 'u');

function lineToMrkdwn(line: readonly Atom[]): string {
  const atoms = withMarkersBesideWords(line);
  let text = '';
  let open: Style[] = [];
  atoms.forEach(({ styles, written }, index) => {
    const ending = open.findIndex((style) => !styles.includes(style));
    const closed = ending === -1 ? [] : open.splice(ending);
    text += markers(closed.reverse());
    const opened = styles
      .filter((style) => !open.includes(style))
      .sort((one, other) => lasts(atoms, index, other) - lasts(atoms, index, one));
    const touches =
      opened.length > 0
        ? ENDS_IN_WORD.test(text)
        : closed.length > 0 && BEGINS_WITH_WORD.test(written);
    text += (touches ? ZERO_WIDTH_SPACE : '') + markers(opened) + written;
    open = [...open, ...opened];
  });
  return unquoted(text + markers(open.reverse()));
}

const markers = (styles: readonly Style[]): string =>
  styles.map((style) => MARKERS[style]).join('');

/** How many atoms from here on have the style. Code is innermost, whatever its length. */
function lasts(atoms: readonly Atom[], from: number, style: Style): number {
  if (style === 'code') return 0;
  const end = atoms.findIndex((atom, index) => index >= from && !atom.styles.includes(style));
  return (end === -1 ? atoms.length : end) - from;
}

/** What is between words gets only the styles of the words on both sides, so that no marker is beside it on the inside. */
function withMarkersBesideWords(line: readonly Atom[]): Atom[] {
  const before = stylesOfNearestWord(line);
  const after = stylesOfNearestWord(line.toReversed()).reverse();
  return line.map((atom, index) => {
    if (atom.kind === 'word') return atom;
    const styles = atom.styles.filter(
      (style) => before[index]?.includes(style) && after[index]?.includes(style),
    );
    if (atom.kind !== 'markers') return { ...atom, styles };
    const written = inert(atom.text, line[index - 1]?.text, line[index + 1]?.text);
    return { ...atom, styles, written };
  });
}

/** For each atom, the styles of the last word up to it. */
function stylesOfNearestWord(line: readonly Atom[]): (readonly Style[])[] {
  let nearest: readonly Style[] = [];
  return line.map(({ kind, styles }) => (kind === 'word' ? (nearest = styles) : nearest));
}
