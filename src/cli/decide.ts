import type { Decision } from './apiClient.js';
import type { CommandContext } from './command.js';
import { ExitCode } from './exitCode.js';
import { shellCommand } from '../lib/shellCommand.js';
import { userName } from './userName.js';
import type { Destination } from '../domain/destination.js';

export interface RetryOptions {
  /** As it was typed: the API validates it. */
  destination?: Destination;
  by?: string;
  reason?: string;
}

export interface DiscardOptions extends RetryOptions {
  reason: string;
}

/** Retries the dead letters of a message. */
export async function retry(
  deduplicationKey: string,
  options: RetryOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const request = { ...options, by: options.by ?? userName() };
  return report(await context.api().retry(deduplicationKey, request), context);
}

/** Discards the dead letters of a message. */
export async function discard(
  deduplicationKey: string,
  options: DiscardOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const request = { ...options, by: options.by ?? userName() };
  return report(await context.api().discard(deduplicationKey, request), context);
}

function report(decision: Decision, { output }: CommandContext): ExitCode {
  output.result(decision, ({ action, deduplicationKey, destinations }, { style }) =>
    [
      `${style('bold', deduplicationKey)}  ${DECIDED[action]} ${destinations.join(', ')}`,
      `  follow it with: ${shellCommand('sendproof status', [deduplicationKey], action === 'retry' ? { watch: true } : {})}`,
    ].join('\n'),
  );
  return ExitCode.done;
}

export interface CancelOptions {
  by?: string;
  reason?: string;
}

/** Cancels the deliveries of a message that are not confirmed. */
export async function cancel(
  deduplicationKey: string,
  options: CancelOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const request = { ...options, by: options.by ?? userName() };
  return report(await context.api().cancel(deduplicationKey, request), context);
}

const DECIDED: Record<Decision['action'], string> = {
  retry: 'will be retried for',
  discard: 'is discarded for',
  cancel: 'is cancelled for',
};
