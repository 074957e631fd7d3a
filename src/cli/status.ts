/** `sendproof status` */
import type { MessageState } from './apiClient.js';
import type { CommandContext } from './command.js';
import { ExitCode } from './exitCode.js';
import { renderChanges, renderMessage } from './messageView.js';
import { exitCodeOf, settle } from './settle.js';

export interface StatusOptions {
  watch?: true;
  wait?: true;
  timeout?: number;
}

/** Shows a message; with `watch` every change of it until it has settled; with `wait` only how it settled. */
export async function status(
  deduplicationKey: string,
  { watch, wait, timeout = Infinity }: StatusOptions,
  { api, output }: CommandContext,
): Promise<ExitCode> {
  if (watch) {
    let before: MessageState | undefined;
    const state = await settle(api(), deduplicationKey, timeout, (changed) => {
      output.progress(changed, (printable, display) => renderChanges(before, printable, display));
      before = changed;
    });
    return exitCodeOf(state);
  }
  if (wait) {
    const state = await settle(api(), deduplicationKey, timeout);
    output.result(state, renderMessage);
    return exitCodeOf(state);
  }
  output.result(await api().message(deduplicationKey), renderMessage);
  return ExitCode.done;
}
