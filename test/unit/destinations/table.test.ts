import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  plainRun,
  textOf,
  type Block,
  type List,
  type Table,
} from '../../../src/destinations/document/document.js';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { tableRuns } from '../../../src/destinations/document/table.js';
import { slackPosts } from '../../../src/destinations/slack/posts.js';
import { messageToShow } from './messageToShow.js';
import { expectProcessorMsBelow } from '../../processorTime.js';

const tableOf = (rows: readonly (readonly string[])[]): Table => ({
  kind: 'table',
  rows: rows.map((row) => row.map((cell) => (cell === '' ? [] : [plainRun(cell)]))),
});
type Quote = Extract<Block, { kind: 'quote' }>;

const HEADER = '| cmd | host |\n|-|-|\n';
const rowsOf = (markdown: string): string[][] =>
  parseDocument(markdown)
    .flatMap((block) => (block.kind === 'quote' || block.kind === 'list' ? insideOf(block) : block))
    .flatMap((block) => (block.kind === 'table' ? block.rows.map((row) => row.map(textOf)) : []));
const insideOf = (block: Quote | List): readonly Block[] =>
  block.kind === 'quote' ? block.blocks : block.items.flat();

const textOfTable = (rows: readonly (readonly string[])[]): string =>
  textOf(tableRuns(tableOf(rows)));

describe('a table as text', () => {
  it('aligns its columns', () => {
    expect(
      textOfTable([
        ['Host', 'State'],
        ['db-primary', 'up'],
        ['警告', 'down'],
      ]),
    ).toBe('Host       | State\ndb-primary | up\n警告       | down');
  });

  it.each([41, 2_000, 20_000])('aligns nothing with a cell of %i characters', (length) => {
    const long = 'x'.repeat(length);
    expect(
      textOfTable([
        ['Host', 'State'],
        [long, 'up'],
        ['web-1', 'up'],
      ]),
    ).toBe(`Host  | State\n${long} | up\nweb-1 | up`);
  });

  it('has at most 43 characters for each cell beside its text', () => {
    const cell = fc.oneof(fc.string({ maxLength: 60 }), fc.constant('y'.repeat(5_000)));
    const rows = fc
      .integer({ min: 1, max: 6 })
      .chain((columns) =>
        fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { maxLength: 30 }),
      );
    fc.assert(
      fc.property(rows, (table) => {
        const cells = table.flat();
        expect(textOfTable(table).length).toBeLessThanOrEqual(
          cells.join('').length + 43 * cells.length,
        );
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['one long cell', `${'x'.repeat(64_000)} | y\n${'a | b\n'.repeat(10_000)}`],
    ['many rows', 'a | b\n'.repeat(20_000)],
    ['long cells only', `${'z'.repeat(3_000)} | ${'z'.repeat(3_000)}\n`.repeat(20)],
  ])('takes no longer than its text of 128 KB: %s', (_name, rows) => {
    const document = parseDocument(`a | b\n--|--\n${rows}`);
    expectProcessorMsBelow(5_000, () => {
      for (const block of document) if (block.kind === 'table') tableRuns(block);
    });
  });

  it('with one long cell is one post', () => {
    const row = `| ${'x'.repeat(1_000)} | up |`;
    const text = `| Host | State |\n|-|-|\n${row}\n${'| a | b |\n'.repeat(100)}`;
    expect(slackPosts(messageToShow({ text }), 'parts').posts).toHaveLength(1);
  });
});

describe('cells beyond those of the header', () => {
  it.each([
    [`${HEADER}| \`ps aux | grep nginx\` | web1 |`, ['`ps aux', 'grep nginx` | web1']],
    [`${HEADER}a | b | c | d`, ['a', 'b | c | d']],
    [`${HEADER}| a | b | | d |`, ['a', 'b | | d']],
    [`${HEADER}| a | b | | |`, ['a', 'b']],
    [`${HEADER}| a | b \\| c |`, ['a', 'b | c']],
    [`${HEADER}| a | b \\| c | d |`, ['a', 'b | c | d']],
    [`${HEADER}| a | \`b | c\` |`, ['a', 'b | c']],
    [`> ${HEADER}a | b | c`.replaceAll('\n', '\n> '), ['a', 'b | c']],
    [`- ${HEADER}| a | b | c`.replaceAll('\n', '\n  '), ['a', 'b | c']],
    [`${HEADER}a | b | c`.replaceAll('\n', '\r\n'), ['a', 'b | c']],
    [`${HEADER}| a |`, ['a', '']],
  ])('are in the last cell of their row: %j', (markdown, cells) => {
    expect(rowsOf(markdown)).toEqual([['cmd', 'host'], cells]);
  });

  it('keep their links', () => {
    const table = parseDocument(`${HEADER}a | b | https://g.x/1`)[0];
    const runs = table?.kind === 'table' ? table.rows.flat(2) : [];
    expect(runs.flatMap(({ link }) => link?.url ?? [])).toEqual(['https://g.x/1']);
  });
});
