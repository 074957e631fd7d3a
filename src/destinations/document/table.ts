/** A table as text of fixed width, for platforms that have no tables in messages. */
import stringWidth from 'string-width';
import { joinAlike, plainRun, textOf, type Run, type Table } from './document.js';

/** In columns of text. A wider cell isn't aligned: its width would be that of the whole column. */
const ALIGNED_WIDTH = 40;

/** A line for each row. Cells keep their styles and links. */
export function tableRuns({ rows }: Table): Run[] {
  const lines = rows.map((row) => row.map(cellOf));
  const columns: number[] = [];
  for (const { column, width } of lines.flat()) {
    if (width <= ALIGNED_WIDTH) columns[column] = Math.max(columns[column] ?? 0, width);
  }
  return joinAlike(
    lines.flatMap((line, index) => [
      ...(index === 0 ? [] : [plainRun('\n')]),
      ...line.flatMap(({ runs, column, width }) => {
        if (column === line.length - 1) return runs;
        const padding = ' '.repeat(Math.max(0, (columns[column] ?? 0) - width));
        return [...runs, plainRun(`${padding} | `)];
      }),
    ]),
  );
}

interface Cell {
  runs: Run[];
  column: number;
  width: number;
}

function cellOf(cell: readonly Run[], column: number): Cell {
  const runs = cell.map((run) => ({ ...run, text: run.text.replaceAll('\n', ' ') }));
  return { runs, column, width: stringWidth(textOf(runs)) };
}
