/** Any text as code in Markdown, on one line: a backtick, which would end it, becomes an apostrophe. */
export function inCode(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll(/\s+/g, ' ')}\``;
}

/** A word of a POSIX shell's command line, within code in Markdown: a backtick becomes an ellipsis, which a person sees. */
export function shellWord(word: string): string {
  const quoted = /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", String.raw`'\''`)}'`;
  return quoted.replaceAll('`', '…');
}
