/** `sendproof status` */
import type { MessageState } from './apiClient.js';
import type { CommandContext } from './command.js';
import { ExitCode } from './exitCode.js';
import { renderChanges, renderMessage } from './messageView.js';
import { awaitOutcome, exitCodeOf } from './awaitOutcome.js';

export interface StatusOptions {
  watch?: true;
  wait?: true;
  timeout?: number;
}

/** Shows a message. With `watch`, shows every change until it is confirmed or has failed; with `wait`, only the last state. */
export async function status(
  deduplicationKey: string,
  { watch, wait, timeout = Infinity }: StatusOptions,
  { api, output }: CommandContext,
): Promise<ExitCode> {
  if (watch) {
    let before: MessageState | undefined;
    const state = await awaitOutcome(api(), deduplicationKey, timeout, (changed) => {
      output.progress(changed, (printable, display) => renderChanges(before, printable, display));
      before = changed;
    });
    return exitCodeOf(state);
  }
  if (wait) {
    const state = await awaitOutcome(api(), deduplicationKey, timeout);
    output.result(state, renderMessage);
    return exitCodeOf(state);
  }
  output.result(await api().message(deduplicationKey), renderMessage);
  return ExitCode.done;
}
