/**
 * Discord's Markdown as its clients show it, strictly: what could be a mention, an emoji, a link or a style is one. The end of a
 * style is looked for without regard to code between.
 */
import { plain, type ShownLine, type ShownRun, type ShownStyle } from '../markedText.js';

export function readDiscordMarkdown(text: string): ShownLine[] {
  return readBlocks(text, false);
}

const FENCE = /```(?:[\w+\-.#]*\n)?\n*([^\n][\s\S]*?)\n*```/;
const QUOTED = /^ *> (.*)$/;

function readBlocks(text: string, inQuote: boolean): ShownLine[] {
  const shown: ShownLine[] = [];
  let rest = text;
  while (rest !== '') {
    const [line = ''] = rest.split('\n', 1);
    const fence = FENCE.exec(rest);
    if (!inQuote && QUOTED.test(line)) {
      const quoted: string[] = [];
      for (const each of rest.split('\n')) {
        const inner = QUOTED.exec(each)?.[1];
        if (inner === undefined) break;
        quoted.push(inner);
      }
      shown.push(
        ...readBlocks(quoted.join('\n'), true).map((each) =>
          each.kind === 'text' ? { ...each, kind: 'quote' as const } : each,
        ),
      );
      rest = rest.split('\n').slice(quoted.length).join('\n');
    } else if (fence && fence.index <= line.length) {
      const before = rest.slice(0, fence.index);
      if (before.trim() !== '') shown.push({ kind: 'text', runs: readLine(before) });
      const code = (fence[1] ?? '').split('\n');
      shown.push(...code.map((each): ShownLine => ({ kind: 'code', runs: [plain(each, [])] })));
      rest = rest.slice(fence.index + fence[0].length).replace(/^\n/, '');
    } else {
      shown.push({ kind: 'text', runs: readLine(line) });
      rest = rest.slice(line.length + 1);
    }
  }
  return shown;
}

const HEADING = /^ *(#{1,3}|-#) +(?=\S)/;
const ITEM = /^( *)([-*]|\d+\.) +/;

function readLine(line: string): ShownRun[] {
  const heading = HEADING.exec(line);
  if (heading) {
    return readInline(line.slice(heading[0].length), heading[1] === '-#' ? [] : ['bold']);
  }
  const item = ITEM.exec(line);
  if (!item) return readInline(line, []);
  const [begin, indent = '', mark = ''] = item;
  const shown = /^\d/.test(mark) ? `${mark} ` : '• ';
  const rest = line.slice(begin.length);
  const isHeading = HEADING.test(rest);
  return [plain(indent + shown, []), ...(isHeading ? readLine(rest) : readInline(rest, []))];
}

interface Found {
  runs: ShownRun[];
  /** In characters of the text. */
  length: number;
}

function readInline(text: string, styles: readonly ShownStyle[]): ShownRun[] {
  const runs: ShownRun[] = [];
  let rest = text;
  let before = '';
  while (rest !== '') {
    const { length, runs: found } = readNext(rest, before, styles);
    runs.push(...found);
    before = rest[length - 1] ?? '';
    rest = rest.slice(length);
  }
  return joined(runs);
}

function readNext(text: string, before: string, styles: readonly ShownStyle[]): Found {
  return (
    readEscape(text, styles) ??
    readCode(text, styles) ??
    readReference(text, styles) ??
    readLink(text, styles) ??
    readEmoji(text, styles) ??
    readStyle(text, before, styles) ?? { runs: [plain(text[0] ?? '', styles)], length: 1 }
  );
}

function readEscape(text: string, styles: readonly ShownStyle[]): Found | undefined {
  const escaped = /^\\([^0-9A-Za-z\s])/.exec(text)?.[1];
  return escaped === undefined ? undefined : { runs: [plain(escaped, styles)], length: 2 };
}

function readCode(text: string, styles: readonly ShownStyle[]): Found | undefined {
  const match = /^(`+)([\s\S]*?[^`])\1(?!`)/.exec(text);
  return match
    ? { runs: [plain((match[2] ?? '').trim(), [...styles, 'code'])], length: match[0].length }
    : undefined;
}

/** People, roles, channels, commands, times and emoji of servers. */
const REFERENCE = /^<(?:@[!&]?\d+|#\d+|id:\w+|\/[^:>]+:\d+|t:-?\d+(?::[tTdDfFR])?|a?:\w+:\d+)>/;

function readReference(text: string, styles: readonly ShownStyle[]): Found | undefined {
  const [found] = /^@(?:everyone|here)/.exec(text) ?? REFERENCE.exec(text) ?? [];
  if (found === undefined) return undefined;
  return { runs: [{ ...plain(found, styles), mention: true }], length: found.length };
}

const AUTOLINK = /^<((?:https?|discord):\/\/[^ >]+)>/i;
const BARE_URL = /^https?:\/\/[^\s<]+[^<.,:;"')\]\s]/i;
const MASKED =
  /^\[([^[\]]+)\]\(\s*<?((?:https?|discord):\/\/[^\s()<>\\]+)>?(?:\s+["'][^"']*["'])?\s*\)/i;

function readLink(text: string, styles: readonly ShownStyle[]): Found | undefined {
  const auto = AUTOLINK.exec(text);
  if (auto) {
    const url = auto[1] ?? '';
    return { runs: [{ ...plain(url, styles), url }], length: auto[0].length };
  }
  const [bare] = BARE_URL.exec(text) ?? [];
  if (bare !== undefined)
    return { runs: [{ ...plain(bare, styles), url: bare }], length: bare.length };
  const masked = MASKED.exec(text);
  if (!masked) return undefined;
  const [whole, label = '', url = ''] = masked;
  const words = readInline(label, styles);
  // Against phishing: a label that shows an address makes no link.
  if (words.some((run) => run.text.includes('://'))) return undefined;
  return { runs: words.map((run) => ({ ...run, url })), length: whole.length };
}

function readEmoji(text: string, styles: readonly ShownStyle[]): Found | undefined {
  const [code] = /^:[\w+-]+:/.exec(text) ?? [];
  if (code === undefined) return undefined;
  return {
    runs: [{ ...plain(code, styles), emoji: code.slice(1, -1) }],
    length: code.length,
  };
}

const STYLED: { style: ShownStyle; form: RegExp; inWord: boolean }[] = [
  { style: 'bold', form: /^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/, inWord: true },
  {
    style: 'italic',
    form: /^\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)/,
    inWord: true,
  },
  { style: 'underline', form: /^__((?:\\[\s\S]|[^\\])+?)__(?!_)/, inWord: true },
  { style: 'italic', form: /^_((?:__|\\[\s\S]|[^\\_])+?)_\b/, inWord: false },
  { style: 'strike', form: /^~~([\s\S]+?)~~(?!_)/, inWord: true },
  { style: 'spoiler', form: /^\|\|([\s\S]+?)\|\|/, inWord: true },
];

/** The longest style that begins here. */
function readStyle(text: string, before: string, styles: readonly ShownStyle[]): Found | undefined {
  const [longest] = STYLED.filter(({ inWord }) => inWord || !/\w/.test(before))
    .flatMap(({ form, style }) => {
      const match = form.exec(text);
      return match ? [{ style, inner: match[1] ?? '', length: match[0].length }] : [];
    })
    .sort((one, other) => other.length - one.length);
  if (!longest) return undefined;
  const { inner, length, style } = longest;
  const within = styles.includes(style) ? styles : [...styles, style];
  return { runs: readInline(inner, within), length };
}

/** Neighbours that look alike, as one. */
function joined(runs: readonly ShownRun[]): ShownRun[] {
  const all: ShownRun[] = [];
  for (const run of runs) {
    const last = all.at(-1);
    const isAlike =
      last &&
      [last, run].every(({ emoji, mention }) => emoji === undefined && mention === undefined) &&
      last.url === run.url &&
      last.styles.join() === run.styles.join();
    if (isAlike) last.text += run.text;
    else all.push({ ...run });
  }
  return all;
}
