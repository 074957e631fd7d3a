import { createInterface } from 'node:readline/promises';
import type { CommandContext } from './command.js';
import { UsageError } from './errors.js';

/** Asks the person at the terminal. No answer means no. */
export async function confirm(
  question: string,
  { stdin, output }: Pick<CommandContext, 'stdin' | 'output'>,
): Promise<boolean> {
  if (!stdin.isTTY) {
    throw new UsageError(
      'Standard input is not a terminal, so there is nobody to ask. Add --yes to confirm, or --dry-run to count the dead letters.',
    );
  }
  const prompt = createInterface({ input: stdin, output: output.remarks, terminal: false });
  output.remarks.write(`${question} [y/N] `);
  // Ends without a line where the input ends.
  for await (const answer of prompt) return /^y(es)?$/i.test(answer.trim());
  return false;
}
