/** The beginning of a document that is too long for one post. */
import { allowance, cutPoint } from '../../lib/cutText.js';
import { cutRuns } from './cut.js';
import { plainRun, textOf, type Block, type List, type Run, type Table } from './document.js';

/**
 * The longest beginning that fits, with an ellipsis where it was cut; the document itself where it fits; undefined where not
 * even its first character does. Blocks, items and rows before the cut stay whole.
 *
 * @param bound characters of text that certainly don't fit, where that is known
 */
export function shortenDocument(
  blocks: readonly Block[],
  fits: (blocks: readonly Block[]) => boolean,
  bound = Number.POSITIVE_INFINITY,
): readonly Block[] | undefined {
  const length = lengthOf(blocks);
  if (length < bound && fits(blocks)) return blocks;
  let longest: readonly Block[] | undefined;
  let fitting = 0;
  let tooLong = Math.min(length, bound);
  const isFitting = (tried: number): boolean => {
    const beginning = beginningOf(blocks, tried);
    if (beginning.length === 0 || !fits(beginning)) {
      tooLong = tried;
      return false;
    }
    longest = beginning;
    fitting = tried;
    return true;
  };
  // Rendering takes as long as the text is, so nothing is tried that is much longer than what fits.
  for (let tried = FIRST_TRY; tried < tooLong && isFitting(tried);) tried *= 2;
  while (tooLong - fitting > 1) isFitting(Math.floor((fitting + tooLong) / 2));
  return longest;
}

/** In characters. */
const FIRST_TRY = 1_000;

/** The characters of text that a reader sees. */
export function lengthOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + blockLength(block), 0);
}

function blockLength(block: Block): number {
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return textOf(block.runs).length;
    case 'code':
      return block.text.length;
    case 'quote':
      return lengthOf(block.blocks);
    case 'list':
      return block.items.reduce((sum, item) => sum + itemLength(item), 0);
    case 'table':
      return block.rows.reduce((sum, row) => sum + rowLength(row), 0);
    case 'rule':
      return 1;
  }
}

const itemLength = (item: readonly Block[]): number => 1 + lengthOf(item);

const rowLength = (row: Table['rows'][number]): number =>
  row.reduce((sum, cell) => sum + 1 + textOf(cell).length, 0);

const ELLIPSIS: Block = { kind: 'paragraph', runs: [plainRun('…')] };

/** @param unused how many characters may be left unused so that the cut is at a space */
function beginningOf(
  blocks: readonly Block[],
  length: number,
  unused = allowance(length),
): Block[] {
  const kept: Block[] = [];
  let left = length;
  for (const block of blocks) {
    const size = blockLength(block);
    if (size > left) return [...kept, ...beginningOfBlock(block, left, unused)];
    kept.push(block);
    left -= size;
  }
  return kept;
}

function beginningOfBlock(block: Block, length: number, unused: number): Block[] {
  switch (block.kind) {
    case 'paragraph':
    case 'heading': {
      const runs = beginningOfRuns(block.runs, length, unused);
      return [runs.length === 0 ? ELLIPSIS : { ...block, runs }];
    }
    case 'code': {
      const text = length <= 0 ? '' : block.text.slice(0, cutPoint(block.text, length, unused));
      return [text.trim() === '' ? ELLIPSIS : { ...block, text: `${text}…` }];
    }
    case 'quote':
      return [{ ...block, blocks: beginningOf(block.blocks, length, unused) }];
    case 'list':
      return [beginningOfList(block, length, unused)];
    case 'table':
      return beginningOfTable(block, length);
    case 'rule':
      return [ELLIPSIS];
  }
}

function beginningOfList(list: List, length: number, unused: number): List {
  const items: (readonly Block[])[] = [];
  let left = length;
  for (const item of list.items) {
    const size = itemLength(item);
    if (size > left) return { ...list, items: [...items, beginningOf(item, left - 1, unused)] };
    items.push(item);
    left -= size;
  }
  return list;
}

function beginningOfTable(table: Table, length: number): Block[] {
  let left = length;
  const rows = table.rows.filter((row) => (left -= rowLength(row)) >= 0);
  return rows.length === 0 ? [ELLIPSIS] : [{ ...table, rows }, ELLIPSIS];
}

/** A link that was cut is none any more: it would show a part of its address, or of its words. */
function beginningOfRuns(runs: readonly Run[], length: number, unused: number): readonly Run[] {
  const { kept, rest } = cutRuns(runs, length, unused);
  const cutLink = rest[0]?.link;
  const words = kept.map((run) =>
    run.link !== undefined && run.link === cutLink ? { ...run, link: undefined } : run,
  );
  const last = words.at(-1);
  if (last === undefined) return [];
  if (last.link !== undefined || last.customEmoji !== undefined) return [...words, plainRun(' …')];
  return [...words.slice(0, -1), { ...last, text: `${last.text.trimEnd()}…` }];
}
