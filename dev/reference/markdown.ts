/** Parts of documents that are written by a program. */

/** A table as prettier formats it. The first row is the header. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [header = [], ...body] = rows.map((row) => row.map(cellText));
  const all = [header, ...body];
  const widths = header.map((_, column) =>
    Math.max(3, ...all.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const ruler = widths.map((width) => '-'.repeat(width));
  return [header, ruler, ...body].map(line).join('\n');
}

/** A cell is one line, and a bar in it must not end it. */
function cellText(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/(?<!\\)\|/g, String.raw`\|`);
}

/**
 * The document with another content between the two comments that name this part.
 *
 * @throws Error where the document has no place for it
 */
export function withPart(document: string, part: string, content: string): string {
  const begin = `<!-- Begin: ${part}. Written by \`npm run reference\`. -->`;
  const end = `<!-- End: ${part}. -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The document must have ${begin} and then ${end}.`);
  return `${document.slice(0, from + begin.length)}\n\n${content.trim()}\n\n${document.slice(to)}`;
}
