/** Slack's markup as Markdown: https://docs.slack.dev/messaging/formatting-message-text */
import { inCode } from '../../lib/markdownCode.js';
import { escapedMarkdown, inlineAsMarkdown, keepIndents } from '../../lib/plainAsMarkdown.js';
import { linkAround } from '../facts.js';
import { styledMarkdown, type Piece, type Style } from '../styledMarkdown.js';

/** A block of code, code, what is in angle brackets, bold, italic, struck through, a code of an emoji. */
const MARKUP =
  /```([\s\S]*?)```|`([^`\n]+)`|<([^<>\n]+)>|(?<![\p{L}\p{N}*])\*(\S(?:[^*\n]*\S)?)\*(?![\p{L}\p{N}*])|(?<![\p{L}\p{N}_])_(\S(?:[^_\n]*\S)?)_(?![\p{L}\p{N}_])|(?<![\p{L}\p{N}~])~(\S(?:[^~\n]*\S)?)~(?![\p{L}\p{N}~])|(:[a-z0-9_+'-]{1,60}:)/gu;

/** Bold within italic within bold: no text has more. */
const DEEPEST = 3;

export function mrkdwnToMarkdown(mrkdwn: string): string {
  const text = mrkdwn.replaceAll(/\r\n?/g, '\n');
  // Quotes begin with an escaped or a bare sign, and are Markdown's, too.
  return text
    .split(/(```[\s\S]*?```)/)
    .map((part) => (part.startsWith('```') ? inline(part, DEEPEST) : linesOf(part)))
    .join('');
}

function linesOf(text: string): string {
  return joinedLines(
    keepIndents(text)
      .split('\n')
      .map((line) => {
        const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line)?.[1];
        return quoted === undefined ? inline(line, DEEPEST) : `> ${inline(quoted, DEEPEST)}`;
      }),
  );
}

/** Lines of Markdown. A quote goes on until an empty line. */
export function joinedLines(lines: readonly string[]): string {
  return lines
    .map((line, index) => {
      const next = lines[index + 1];
      const ends = ENDS_IN_QUOTE.test(line) && next !== undefined && !/^(?:>|\s*$)/.test(next);
      return ends ? `${line}\n` : line;
    })
    .join('\n');
}

const ENDS_IN_QUOTE = /(?:^|\n)>[^\n]*$/;

function inline(text: string, levels: number): string {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(MARKUP)) {
    const [whole, block, code, angled, bold, italic, struck, emoji] = match;
    pieces.push({ markdown: plain(text.slice(at, match.index)) });
    at = match.index + whole.length;
    const within = (inner: string, style: Style): Piece =>
      levels === 0
        ? { markdown: plain(whole) }
        : { markdown: inline(inner, levels - 1), styles: [style] };
    if (block !== undefined) {
      pieces.push({ markdown: `\n\`\`\`\n${fenced(decodeEntities(block))}\n\`\`\`\n` });
    } else if (code !== undefined) pieces.push({ markdown: inCode(decodeEntities(code)) });
    else if (angled !== undefined) pieces.push({ markdown: inAngles(angled) });
    else if (bold !== undefined) pieces.push(within(withoutDoubled(bold), 'bold'));
    else if (italic !== undefined) pieces.push(within(italic, 'italic'));
    else if (struck !== undefined) pieces.push(within(struck, 'strike'));
    else pieces.push({ markdown: emoji ?? '' });
  }
  pieces.push({ markdown: plain(text.slice(at)) });
  return styledMarkdown(pieces);
}

/** Tools that write Markdown have two stars, of which the outer ones are taken already. */
function withoutDoubled(bold: string): string {
  return /^\*([^*]+)\*$/.exec(bold)?.[1] ?? bold;
}

function plain(text: string): string {
  return inlineAsMarkdown(decodeEntities(text));
}

/** A run of backticks would end the block. */
function fenced(code: string): string {
  return code.replaceAll('```', '`\u200B``').replace(/^\n|\n$/g, '');
}

/** A link, a person, a channel or a command. */
function inAngles(inner: string): string {
  const { label, target } = inBrackets(inner);
  if (target.startsWith('@') || target.startsWith('#')) {
    return plain(label === undefined ? target : `${target.charAt(0)}${label.replace(/^[@#]/, '')}`);
  }
  if (target.startsWith('!')) {
    const command = target.slice(1).split('^')[0] ?? '';
    return plain(label ?? `@${command}`);
  }
  const url = decodeEntities(target).replaceAll(/\s/g, encodeURIComponent);
  if (!HAS_SCHEME.test(url)) return plain(label ?? target);
  const words = label ?? target.replace(/^mailto:/i, '');
  return linkAround(escapedMarkdown(decodeEntities(words)), url);
}

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** Of what is in angle brackets: where it leads or whom it means, and the words for it, which may have bars. */
export function inBrackets(inner: string): { target: string; label: string | undefined } {
  const bar = inner.indexOf('|');
  return bar === -1
    ? { target: inner, label: undefined }
    : { target: inner.slice(0, bar), label: inner.slice(bar + 1) };
}

/** Slack escapes three characters, and no others. */
export function decodeEntities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
