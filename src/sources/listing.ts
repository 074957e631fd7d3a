/** What people read of a long list. */
const SHOWN = 10;

/**
 * As a list in Markdown: the first ten, and how many more there are (`and 32 more`).
 *
 * @param lines Markdown, or functions that make it, of which only the first ten are called
 * @param leftOut how many more there are besides
 */
export function firstTen(lines: readonly (string | (() => string))[], leftOut = 0): string {
  const shown = lines.slice(0, SHOWN).map((line) => (typeof line === 'string' ? line : line()));
  const more = lines.length - shown.length + leftOut;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])]
    .map((line) => `- ${line.replaceAll('\n', ' ')}`)
    .join('\n');
}
