/** Where text is cut that is too long for one place. */
import { textOf, type Run } from './document.js';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** How much of a limit may be left unused so that a cut is at a space, or outside a link. Text may have neither for long. */
const UNUSED_SHARE = 0.2;

/** A line end is a better place for a cut: it may leave half of the limit unused. */
const UNUSED_SHARE_AT_LINE_END = 0.5;

/** Of a limit of so many characters: how many may be left unused for a better cut. */
export function allowance(limit: number): number {
  return Math.floor(limit * UNUSED_SHARE);
}

/**
 * Where to cut so that at most `limit` UTF-16 units remain: at a line end, else before a space near the limit, else between
 * two characters that a reader sees. At least 1, so that every cut makes progress.
 *
 * @param unused how far before the limit a space is looked for
 */
export function cutPoint(text: string, limit: number, unused = allowance(limit)): number {
  if (text.length <= limit) return text.length;
  const line = text.lastIndexOf('\n', limit);
  if (line > 0 && line >= limit * (1 - UNUSED_SHARE_AT_LINE_END)) return line;
  const near = Math.max(1, limit - unused);
  const space = text.slice(near, limit + 1).search(/\s\S*$/);
  return space >= 0 ? near + space : characterBoundary(text, limit);
}

function characterBoundary(text: string, limit: number): number {
  const boundary = graphemes.segment(text).containing(limit)?.index ?? 0;
  // A single character of more than the limit, which no person writes, is cut between its code points.
  return boundary > 0 ? boundary : Math.max(1, wellFormed(text, limit));
}

/** The index, or one less where it is between the halves of a surrogate pair. */
function wellFormed(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return index > 1 && code >= 0xdc00 && code <= 0xdfff ? index - 1 : index;
}

/** Plain text of at most `limit` UTF-16 units, with an ellipsis where it was cut. */
export function shortenText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, cutPoint(text, limit - 1)).trimEnd()}…`;
}

/** An emoji stays whole, and a link whose words take no more than may be left unused. */
function staysWhole(run: Run, unused: number): boolean {
  return run.customEmoji !== undefined || (run.link !== undefined && run.text.length <= unused);
}

export interface CutRuns {
  kept: readonly Run[];
  rest: readonly Run[];
}

/** The first runs, of at most `limit` UTF-16 units of text, and the others. A run that was cut is in both, with its style and link. */
export function cutRuns(runs: readonly Run[], limit: number, unused = allowance(limit)): CutRuns {
  if (textOf(runs).length <= limit) return { kept: runs, rest: [] };
  let left = limit <= 0 ? 0 : cutPoint(textOf(runs), limit, unused);
  const index = runs.findIndex((run) => {
    if (run.text.length > left) return true;
    left -= run.text.length;
    return false;
  });
  const [before, after] = [runs.slice(0, index), runs.slice(index + 1)];
  const cut = runs[index];
  if (cut === undefined || left === 0 || staysWhole(cut, unused)) {
    return { kept: before, rest: runs.slice(index) };
  }
  return {
    kept: [...before, { ...cut, text: cut.text.slice(0, left) }],
    rest: [{ ...cut, text: cut.text.slice(left) }, ...after],
  };
}

/**
 * Runs in pieces of at most `limit` characters of text and of links' addresses. A link or an emoji is whole in one piece, where
 * it can be. Drops the space or line end at a cut.
 */
export function splitRuns(runs: readonly Run[], limit: number): (readonly Run[])[] {
  const pieces: Run[][] = [];
  let piece: Run[] = [];
  let room = limit;
  const begin = (): void => {
    if (piece.length > 0) pieces.push(piece);
    piece = [];
    room = limit;
  };
  const left = runs.toReversed();
  for (let run = left.pop(); run; run = left.pop()) {
    const address = run.link?.url.length ?? 0;
    const isWhole = run.link !== undefined || run.customEmoji !== undefined;
    if (address + run.text.length > room && (isWhole || room < 1)) begin();
    if (address + run.text.length <= room || run.customEmoji !== undefined) {
      piece.push(run);
      room -= address + run.text.length;
      continue;
    }
    const cut = cutPoint(run.text, Math.max(1, room - address), allowance(limit));
    piece.push({ ...run, text: run.text.slice(0, cut) });
    begin();
    const rest = run.text.slice(cut).replace(/^[\n ]/, '');
    if (rest !== '') left.push({ ...run, text: rest });
  }
  begin();
  return pieces;
}
