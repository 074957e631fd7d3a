/** Cells beyond those of a table's header, which Markdown drops: a `|` in a command makes one. */
import type { StateCore, Token } from 'markdown-it';

/** A rule of the Markdown parser, before the text of cells is parsed: the last cell of a row gets the rest of its line. */
export function excessCellsRule({ src, tokens }: StateCore): void {
  const lines = src.split('\n');
  let cells: Token[] = [];
  let line = '';
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'tr_open') {
      cells = [];
      line = lines[token.map?.[0] ?? -1] ?? '';
    }
    // Not those of the header, of which there are as many as columns.
    if (tokens[index - 1]?.type === 'td_open') cells.push(token);
    const last = cells.at(-1);
    if (token.type === 'tr_close' && last) {
      const fromLast = cellsOf(line).slice(cells.length - 1);
      if (fromLast.slice(1).some((cell) => cell.trim() !== '')) {
        last.content = fromLast.join('|').trim();
      }
    }
  }
}

/** Splits a line as the parser does, which takes `\|` for text. Before it there may be the marks of quotes. */
function cellsOf(line: string): string[] {
  const cells = line
    .replace(/^[\s>]+/, '')
    .trimEnd()
    .split(/(?<!\\)\|/)
    .map((cell) => cell.replaceAll(String.raw`\|`, '|'));
  if (cells[0] === '') cells.shift();
  if (cells.at(-1) === '') cells.pop();
  return cells;
}
