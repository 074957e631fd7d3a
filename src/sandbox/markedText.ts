/**
 * Reads text with markers (`*bold*`, `_italic_`, `~strike~`, backticks for code) as the clients of Slack and Google Chat show it.
 * It is strict both ways: a marker counts only at a word's border and never beside a space, and one that could count does.
 */

import { own } from '../lib/own.js';

export type ShownStyle = 'bold' | 'italic' | 'strike' | 'code' | 'underline' | 'spoiler';

/** Text of one look. */
export interface ShownRun {
  text: string;
  styles: ShownStyle[];
  url?: string;
  /** A mention of a person, a channel, or everyone in it. */
  mention?: true;
  /** The code of an emoji, without its colons; the text has them. */
  emoji?: string;
}

export interface ShownLine {
  kind: 'text' | 'quote' | 'code';
  runs: ShownRun[];
}

/** What distinguishes the platforms. */
export interface Dialect {
  /** A quoted line; its first group is what is quoted. */
  quote: RegExp;
  /** The mark of an item at the beginning of a line, where the platform has lists. */
  bullet?: RegExp;
  /** Matches what is one unit for markers: code (first group), a link or mention (target and label), else a character. */
  unit: RegExp;
  /** A link or a mention. */
  reference: (target: string, label: string | undefined) => ShownRun;
  /** Text with the platform's escapes, as a reader sees it. */
  unescape: (text: string) => string;
  /** The codes of emoji; its first group is the code without its colons. */
  emoji?: RegExp;
}

const FENCED = /```\n?([\s\S]+?)\n?```/g;

export function readMarkedText(text: string, dialect: Dialect): ShownLine[] {
  const lines: ShownLine[] = [];
  let end = 0;
  for (const match of text.matchAll(FENCED)) {
    lines.push(...readLines(text.slice(end, match.index).replace(/^\n|\n$/g, ''), dialect));
    const code = (match[1] ?? '').split('\n').map(dialect.unescape);
    lines.push(...code.map((line): ShownLine => ({ kind: 'code', runs: [plain(line, [])] })));
    end = match.index + match[0].length;
  }
  return [...lines, ...readLines(text.slice(end).replace(/^\n/, ''), dialect)];
}

function readLines(text: string, dialect: Dialect): ShownLine[] {
  if (text === '') return [];
  return text.split('\n').map((line): ShownLine => {
    const quoted = dialect.quote.exec(line)?.[1];
    return quoted === undefined
      ? { kind: 'text', runs: readLine(line, dialect) }
      : { kind: 'quote', runs: readLine(quoted, dialect) };
  });
}

/** A character, or what no marker inside has an effect on: code, a link, a mention. */
interface Unit {
  character: string;
  whole?: ShownRun;
}

function readLine(line: string, dialect: Dialect): ShownRun[] {
  const [bullet = ''] = dialect.bullet?.exec(line) ?? [];
  const units = Array.from(
    line.slice(bullet.length).matchAll(dialect.unit),
    ([whole, code, target, label]): Unit => {
      if (code !== undefined) {
        return { character: '', whole: plain(dialect.unescape(code), ['code']) };
      }
      if (target !== undefined) return { character: '', whole: dialect.reference(target, label) };
      return { character: dialect.unescape(whole) };
    },
  );
  const runs = joined(styled(units, [])).flatMap((run) => withEmoji(run, dialect.emoji));
  return bullet === '' ? runs : [plain('• ', []), ...runs];
}

const MARKS: Partial<Record<string, ShownStyle>> = { '*': 'bold', _: 'italic', '~': 'strike' };

function styled(units: readonly Unit[], styles: readonly ShownStyle[]): ShownRun[] {
  const runs: ShownRun[] = [];
  for (let index = 0; index < units.length; index += 1) {
    const { character, whole } = units[index] ?? { character: '' };
    const style = own(MARKS, character);
    const end = style && !styles.includes(style) ? closingOf(units, index) : -1;
    if (style && end !== -1) {
      runs.push(...styled(units.slice(index + 1, end), [...styles, style]));
      index = end;
    } else {
      runs.push(
        whole ? { ...whole, styles: [...styles, ...whole.styles] } : plain(character, styles),
      );
    }
  }
  return runs;
}

/** The marker that ends what the one at `start` begins; -1 where that begins nothing. */
function closingOf(units: readonly Unit[], start: number): number {
  const marker = units[start]?.character ?? '';
  const opens =
    !isWord(units[start - 1]) &&
    !isSpace(units[start + 1]) &&
    units[start + 1]?.character !== marker;
  if (!opens) return -1;
  return units.findIndex(
    ({ character }, index) =>
      index > start + 1 &&
      character === marker &&
      !isSpace(units[index - 1]) &&
      units[index - 1]?.character !== marker &&
      !isWord(units[index + 1]),
  );
}

function isWord(unit: Unit | undefined): boolean {
  return unit !== undefined && /^[\p{L}\p{N}]$/u.test(unit.character);
}

/** A zero-width space counts as one. The end of the line does too. */
function isSpace(unit: Unit | undefined): boolean {
  return unit === undefined || /^[\s\u200B]$/.test(unit.character);
}

/** Text without a link. */
export function plain(text: string, styles: readonly ShownStyle[]): ShownRun {
  return { text, styles: [...styles] };
}

function joined(runs: readonly ShownRun[]): ShownRun[] {
  const all: ShownRun[] = [];
  for (const run of runs) {
    const last = all.at(-1);
    const isAlike =
      last && isPlain(last) && isPlain(run) && last.styles.join() === run.styles.join();
    if (isAlike) last.text += run.text;
    else all.push({ ...run });
  }
  return all;
}

function isPlain({ url, mention, styles }: ShownRun): boolean {
  return url === undefined && mention === undefined && !styles.includes('code');
}

function withEmoji(run: ShownRun, emoji: RegExp | undefined): ShownRun[] {
  if (!emoji || !isPlain(run)) return [run];
  const runs: ShownRun[] = [];
  let end = 0;
  for (const match of run.text.matchAll(emoji)) {
    runs.push({ ...run, text: run.text.slice(end, match.index) });
    runs.push({ ...run, text: match[0], emoji: match[1] ?? '' });
    end = match.index + match[0].length;
  }
  return [...runs, { ...run, text: run.text.slice(end) }].filter(({ text }) => text !== '');
}
