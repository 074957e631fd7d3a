import { createInterface } from 'node:readline/promises';
import type { CommandContext } from './command.js';
import { UsageError } from './errors.js';

/** Asks the person at the terminal; no answer is a no. Where there is no terminal there is nobody to ask. */
export async function confirm(
  question: string,
  { stdin, output }: Pick<CommandContext, 'stdin' | 'output'>,
): Promise<boolean> {
  if (!stdin.isTTY) {
    throw new UsageError(
      'There is nobody to ask: give --yes to do it, or --dry-run to see what it would be about.',
    );
  }
  const prompt = createInterface({ input: stdin, output: output.remarks, terminal: false });
  output.remarks.write(`${question} [y/N] `);
  // Ends without a line where the input ends.
  for await (const answer of prompt) return /^y(es)?$/i.test(answer.trim());
  return false;
}
