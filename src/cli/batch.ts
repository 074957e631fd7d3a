/** `sendproof batch` */
import { awaitBatches, exitCodeOf } from './awaitBatch.js';
import { renderBatch } from './batchView.js';
import type { CommandContext } from './command.js';
import { UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { userName } from './userName.js';

export interface BatchOptions {
  wait?: true;
  timeout: number;
  cancel?: true;
  by?: string;
  reason?: string;
}

/** Shows a batch. With `wait`, resolves when it has ended; with `cancel`, stops it. */
export async function batch(
  id: string,
  { by, cancel, reason, timeout, wait }: BatchOptions,
  { api, output }: CommandContext,
): Promise<ExitCode> {
  if (cancel) {
    output.result(await api().cancelBatch(id, { by: by ?? userName(), reason }), renderBatch);
    return ExitCode.done;
  }
  if (by !== undefined || reason !== undefined) {
    throw new UsageError('"--by" and "--reason" need --cancel.');
  }
  const found = await api().batch(id, 'refused');
  if (!wait) {
    output.result(found, renderBatch);
    return ExitCode.done;
  }
  const ended = await awaitBatches(api(), [found], timeout, output);
  output.result(ended[0] ?? found, renderBatch);
  return exitCodeOf(ended);
}
