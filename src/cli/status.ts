/** `sendproof status` */
import type { ApiClient, KnownMessage } from './apiClient.js';
import type { CommandContext } from './command.js';
import { ApiProblem } from './errors.js';
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
  try {
    return await show(deduplicationKey, { watch, wait, timeout }, { api, output });
  } catch (error) {
    throw await withSimilarKeys(error, deduplicationKey, api());
  }
}

/** An error of an unknown key says which similar keys there are, as the timeline does. */
async function withSimilarKeys(
  error: unknown,
  deduplicationKey: string,
  api: ApiClient,
): Promise<unknown> {
  if (!(error instanceof ApiProblem) || error.type !== 'not_found') return error;
  const timeline = await api.timeline(deduplicationKey).catch(() => undefined);
  if (!timeline || timeline.known) return error;
  return new ApiProblem({ ...error.problem, detail: timeline.explanation });
}

async function show(
  deduplicationKey: string,
  { watch, wait, timeout }: StatusOptions & { timeout: number },
  { api, output }: Pick<CommandContext, 'api' | 'output'>,
): Promise<ExitCode> {
  if (watch) {
    let before: KnownMessage | undefined;
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
