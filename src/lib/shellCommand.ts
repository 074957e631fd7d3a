/** Commands that people paste into a shell: whatever a key or a destination contains, the shell passes it on unchanged. */

/** Words of these characters mean themselves in every POSIX shell. In zsh, a word that begins with `=` does not. */
const PLAIN = /^(?!=)[\w@%+=:,./-]+$/;

/** Characters that a reader can't see, or that change how the rest of the line is shown. Line breaks and tabs are seen. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]/u;
const UNSEEN_RUNS = new RegExp(`((?:${UNSEEN.source})+)`, 'gu');

/**
 * One word of a POSIX shell's command line. In single quotes nothing has a meaning: no `$`, no `!`, no `;`. What can't be seen
 * is written as octal numbers. Backticks never follow each other, so that the word can't end a fenced block of Markdown.
 *
 * @param word without NUL, which no argument of a program can contain
 */
export function shellWord(word: string): string {
  if (PLAIN.test(word)) return word;
  const parts = word.split(UNSEEN_RUNS).filter((part) => part !== '');
  if (parts.length === 0) return "''";
  return parts.map((part) => (UNSEEN.test(part) ? inOctal(part) : inSingleQuotes(part))).join('');
}

function inSingleQuotes(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`).replaceAll(/`(?=`)/g, "`''")}'`;
}

function inOctal(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => byte.toString(8));
  return `"$(printf '${bytes.map((byte) => `\\${byte.padStart(3, '0')}`).join('')}')"`;
}

/** An option with a value, which no program takes for another option: `--reason 'why'`, or `--reason=-x`. */
export function shellOption(name: string, value: string): string {
  return value.startsWith('-') ? shellWord(`--${name}=${value}`) : `--${name} ${shellWord(value)}`;
}

/**
 * A command line.
 *
 * @param command the program and its subcommands, as `sendproof retry`
 * @param words the arguments. Where one begins with `-` they come last, after `--`.
 * @param options with their values; true for one without a value
 */
export function shellCommand(
  command: string,
  words: readonly string[],
  options: Readonly<Record<string, string | true | undefined>> = {},
): string {
  const given = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [value === true ? `--${name}` : shellOption(name, value)];
  });
  const quoted = words.map(shellWord);
  return words.some((word) => word.startsWith('-'))
    ? [command, ...given, '--', ...quoted].join(' ')
    : [command, ...quoted, ...given].join(' ');
}
