/** Any text as code in Markdown, on one line: a backtick, which would end it, becomes an apostrophe. */
export function inCode(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll(/\s+/g, ' ')}\``;
}
