/** What people read of a long list. */
const SHOWN = 10;

/** As a list in Markdown: the first ten, and how many more there are (`and 32 more`). */
export function firstTen(lines: readonly string[]): string {
  const more = lines.length - SHOWN;
  const shown = more > 0 ? [...lines.slice(0, SHOWN), `and ${more} more`] : lines;
  return shown.map((line) => `- ${line.replaceAll('\n', ' ')}`).join('\n');
}
