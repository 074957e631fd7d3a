/**
 * Text with markers for its styles (`*bold*`, `_italic_`, `~strike~`, and backticks for code) that work only at the borders of
 * words, as Slack and Google Chat read it. Neither has an escape for a marker that is text: an invisible character beside it
 * keeps it from being one.
 */
import type { Style } from './document.js';

/**
 * Markers work only at word boundaries, and not beside a space. This is both, and invisible: outside a marker it lets it
 * work within a word; inside, it makes it a character like any other.
 */
export const ZERO_WIDTH_SPACE = '\u200B';

/** Stands for a backtick, which makes code wherever it is, and can't be escaped. */
export const LOOKS_LIKE_BACKTICK = '\u02CB';

/** How a platform writes text that isn't a marker. */
export interface WordWriter {
  /** Text outside of code, without markers and backticks. */
  words: (text: string) => string;
  /** Text within code, without backticks. */
  code: (text: string) => string;
  /** A whole line; what would make it a quote or an item of a list stays text. */
  line: (line: string) => string;
}

/** Any text within a line, which stays text. */
export function plainWords(text: string, writer: WordWriter): string {
  return text
    .split(LITERAL_MARKERS)
    .map((part, index, parts) =>
      index % 2 === 0
        ? writer.words(withoutBackticks(part))
        : inert(part, parts[index - 1], parts[index + 1]),
    )
    .join('');
}

function withoutBackticks(text: string): string {
  return text.replaceAll('`', LOOKS_LIKE_BACKTICK);
}

/** There is no longer fence: a fence in the code is broken up invisibly. */
export function fencedCode(code: string, writer: WordWriter): string {
  const inner = writer.code(code).replaceAll('```', ['`', '`', '`'].join(ZERO_WIDTH_SPACE));
  return `\`\`\`\n${inner}\n\`\`\``;
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

const MARKERS: Record<Style, string> = { bold: '*', italic: '_', strike: '~', code: '`' };

/** A word, or what is between words, with the styles that the reader sees on it. */
export interface Atom {
  kind: 'word' | 'space' | 'markers' | 'line end';
  /** As the reader sees it. */
  text: string;
  /** As the platform writes it; of markers, this depends on what is beside them. */
  written: string;
  styles: readonly Style[];
}

/** Markers work only within a line, and beside words: each line is written for itself, with spaces outside of markers. */
export function withMarkers(atoms: readonly Atom[], writer: WordWriter): string {
  const lines: Atom[][] = [[]];
  for (const atom of atoms) {
    if (atom.kind === 'line end') lines.push([]);
    else lines.at(-1)?.push(atom);
  }
  return lines.map((line) => writer.line(lineWithMarkers(line))).join('\n');
}

/** Text of one look, as atoms. */
export function textAtoms(text: string, styles: readonly Style[], writer: WordWriter): Atom[] {
  return styles.includes('code')
    ? codeAtoms(text, styles, writer)
    : wordAtoms(text, styles, writer);
}

function wordAtoms(text: string, styles: readonly Style[], writer: WordWriter): Atom[] {
  return text
    .split(/(\n|[^\S\n]+|[*_~]+)/)
    .filter((part) => part !== '')
    .map((part) => {
      const written = writer.words(withoutBackticks(part));
      if (part === '\n') return { kind: 'line end', text: part, written, styles };
      if (/^\s/.test(part)) return { kind: 'space', text: part, written, styles };
      return { kind: LITERAL_MARKERS.test(part) ? 'markers' : 'word', text: part, written, styles };
    });
}

/** Code keeps its spaces; a backtick in it would end it. */
function codeAtoms(text: string, styles: readonly Style[], writer: WordWriter): Atom[] {
  return text.split(/(\n)/).flatMap((part): Atom[] => {
    if (part === '') return [];
    const written = writer.code(withoutBackticks(part));
    return [{ kind: part === '\n' ? 'line end' : 'word', text: part, written, styles }];
  });
}

/** Beside these a marker has no effect, unless something stands between. */
const WORD_OR_MARKER = String.raw`[\p{L}\p{N}_*~\x60]`;
const ENDS_IN_WORD = new RegExp(`${WORD_OR_MARKER}$`, 'u');
const BEGINS_WITH_WORD = new RegExp(`^${WORD_OR_MARKER}`, 'u');

function lineWithMarkers(line: readonly Atom[]): string {
  const atoms = withMarkersBesideWords(line);
  const parts: string[] = [];
  let end = '';
  /** Of all that is written, only the last character is looked at: a line may have as many atoms as characters. */
  const write = (part: string): void => {
    if (part === '') return;
    parts.push(part);
    end = part.slice(-2);
  };
  let open: Style[] = [];
  atoms.forEach(({ styles, written }, index) => {
    const ending = open.findIndex((style) => !styles.includes(style));
    const closed = ending === -1 ? [] : open.splice(ending);
    write(markers(closed.reverse()));
    const opened = styles
      .filter((style) => !open.includes(style))
      .sort((one, other) => lasts(atoms, index, other) - lasts(atoms, index, one));
    const touches =
      opened.length > 0
        ? ENDS_IN_WORD.test(end)
        : closed.length > 0 && BEGINS_WITH_WORD.test(written);
    write((touches ? ZERO_WIDTH_SPACE : '') + markers(opened) + written);
    open = [...open, ...opened];
  });
  write(markers(open.reverse()));
  return parts.join('');
}

const markers = (styles: readonly Style[]): string =>
  styles.map((style) => MARKERS[style]).join('');

/** How many atoms from here on have the style. Code is innermost, whatever its length. */
function lasts(atoms: readonly Atom[], from: number, style: Style): number {
  if (style === 'code') return 0;
  let end = from;
  while (atoms[end]?.styles.includes(style)) end += 1;
  return end - from;
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
