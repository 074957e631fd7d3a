/** Where runs of text are cut that are too long for one place. */
import { allowance, cutPoint } from '../../lib/cutText.js';
import { textOf, type Run } from './document.js';

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
