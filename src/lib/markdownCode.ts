/** Any text as code in Markdown, on one line, whatever backticks are in it. */
export function inCode(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  const runs = Array.from(line.matchAll(/`+/g), ([run]) => run.length);
  const fence = '`'.repeat(Math.max(0, ...runs) + 1);
  // Markdown drops a space at both ends of code, and code that begins with a backtick needs one.
  const space = /^[ `]|[ `]$/.test(line) || line === '' ? ' ' : '';
  return `${fence}${space}${line}${space}${fence}`;
}

/** Words with single signs between them, which have no meaning in Markdown, nor are they an address. */
const PLAIN_WORDS = /^[\p{L}\p{N}]+(?:[ :/-][\p{L}\p{N}]+)*$/u;

/** Any text within a line of Markdown: plain words as they are, everything else as code. */
export function inMarkdown(text: string): string {
  return PLAIN_WORDS.test(text) ? text : inCode(text);
}

/** A command of `shellCommand`, which has no two backticks in a row, as code within a line of Markdown. */
export function commandInCode(command: string): string {
  return command.includes('`') ? `\`\` ${command} \`\`` : `\`${command}\``;
}

/** The same as a block of code, which chat platforms show, and copy, unchanged. */
export function commandBlock(command: string): string {
  return `\`\`\`\n${command}\n\`\`\``;
}
