/** Tables that fit the terminal: long cells wrap, and no text is cut off. */
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

const GAP = '  ';

/** Narrower than this a column can't be read. */
const NARROWEST = 10;

/**
 * Lays rows out under headings. Columns in which no row has anything are left out.
 *
 * @param width the terminal's columns; undefined where there is no terminal, so that each row stays one line for `grep`
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string {
  const used = headings.flatMap((_, column) =>
    rows.some((row) => row[column] !== '') ? [column] : [],
  );
  const lines = [headings, ...rows].map((row) => used.map((column) => row[column] ?? ''));
  const widths = columnWidths(lines, width);
  return lines.flatMap((cells) => layOut(cells, widths)).join('\n');
}

function columnWidths(lines: string[][], available: number | undefined): number[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((cells) => stringWidth(cells[column] ?? ''))),
  );
  if (available === undefined) return widths;
  const room = available - GAP.length * (widths.length - 1);
  // The first column is what people copy: it stays whole unless it would take half of the terminal.
  const first = (widths[0] ?? 0) <= available / 2 ? 1 : 0;
  for (let excess = sum(widths) - room; excess > 0; excess -= 1) {
    const widest = Math.max(...widths.slice(first));
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest, first)] = widest - 1;
  }
  return widths;
}

function layOut(cells: string[], widths: number[]): string[] {
  const columns = cells.map((cell, column) =>
    wrapAnsi(cell, widths[column] ?? NARROWEST, { hard: true }).split('\n'),
  );
  const height = Math.max(...columns.map((column) => column.length));
  return Array.from({ length: height }, (_, line) =>
    columns
      .map((column, index) => padded(column[line] ?? '', widths[index] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
