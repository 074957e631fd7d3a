import type { CommandContext } from './command.js';
import { confirm } from './confirm.js';
import { UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { userName } from './userName.js';

export interface EraseOptions {
  all?: boolean;
  yes?: boolean;
  by?: string;
  reason?: string;
}

/** Erases the content of a message, or all of it, once a person has confirmed it. */
export async function erase(
  deduplicationKey: string,
  { all = false, by = userName(), reason, yes = false }: EraseOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { output, stdin } = context;
  if (!yes) {
    if (!stdin.isTTY) {
      throw new UsageError(
        'Standard input is not a terminal, so there is nobody to ask. Add --yes to erase it.',
      );
    }
    const what = all ? 'all of' : 'the content of';
    if (!(await confirm(`Erase ${what} ${deduplicationKey}, for good?`, context))) {
      output.remark('Nothing was erased.');
      return ExitCode.failed;
    }
  }
  const what = all ? 'all' : 'content';
  const erased = await context.api().erase(deduplicationKey, { by, reason, what });
  output.result(erased, ({ at, remains }, { clock, style }) =>
    [
      `${style('bold', deduplicationKey)}  ${all ? 'is deleted; its key is free again' : `its content is erased since ${clock.time(at)}`}`,
      ...(remains.length === 0 ? [] : ['  What may remain elsewhere:']),
      ...remains.map((each) => `  - ${each}`),
    ].join('\n'),
  );
  return ExitCode.done;
}
