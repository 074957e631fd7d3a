/** Any text as code in Markdown, on one line: a backtick, which would end it, becomes an apostrophe. */
export function inCode(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll(/\s+/g, ' ')}\``;
}

/** A command of `shellCommand`, which has no two backticks in a row, as code within a line of Markdown. */
export function commandInCode(command: string): string {
  return command.includes('`') ? `\`\` ${command} \`\`` : `\`${command}\``;
}

/** The same as a block of code, which chat platforms show, and copy, unchanged. */
export function commandBlock(command: string): string {
  return `\`\`\`\n${command}\n\`\`\``;
}
