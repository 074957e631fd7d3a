/** A table as text of fixed width, for platforms that have no tables in messages. */
import stringWidth from 'string-width';
import { joinAlike, plainRun, textOf, type Run, type Table } from './document.js';

/** A line for each row. Cells keep their styles and links. */
export function tableRuns({ rows }: Table): Run[] {
  const cells = rows.map((row) => row.map(onOneLine));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => widthOf(row[column] ?? []))),
  );
  const lines = cells.map((row) =>
    row.flatMap((cell, column) => {
      const padding = ' '.repeat((widths[column] ?? 0) - widthOf(cell));
      return column === row.length - 1 ? cell : [...cell, plainRun(`${padding} | `)];
    }),
  );
  return joinAlike(
    lines.flatMap((line, index) => (index === 0 ? line : [plainRun('\n'), ...line])),
  );
}

const widthOf = (cell: readonly Run[]): number => stringWidth(textOf(cell));

const onOneLine = (cell: readonly Run[]): Run[] =>
  cell.map((run) => ({ ...run, text: run.text.replaceAll('\n', ' ') }));
