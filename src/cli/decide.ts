import type { Decision } from './apiClient.js';
import type { CommandContext } from './command.js';
import { ExitCode } from './exitCode.js';
import { commandLine } from './format.js';
import { userName } from './userName.js';
import type { Destination } from '../domain/destination.js';

export interface RetryOptions {
  /** As it was typed: the API judges it. */
  destination?: Destination;
  by?: string;
  reason?: string;
}

export interface DiscardOptions extends RetryOptions {
  reason: string;
}

/** Has the dead letters sent again. */
export async function retry(
  deduplicationKey: string,
  options: RetryOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const request = { ...options, by: options.by ?? userName() };
  return show(await context.api().retry(deduplicationKey, request), context);
}

/** Gives the dead letters up. */
export async function discard(
  deduplicationKey: string,
  options: DiscardOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const request = { ...options, by: options.by ?? userName() };
  return show(await context.api().discard(deduplicationKey, request), context);
}

function show(decision: Decision, { output }: CommandContext): ExitCode {
  output.result(decision, ({ action, deduplicationKey, destinations }, { style }) =>
    [
      `${style('bold', deduplicationKey)}  ${DECISIONS[action]} ${destinations.join(', ')}`,
      `  follow it with: ${commandLine('status', deduplicationKey, ...(action === 'retry' ? ['--watch'] : []))}`,
    ].join('\n'),
  );
  return ExitCode.done;
}

export interface CancelOptions {
  by?: string;
  reason?: string;
}

/** Stops what has not been sent yet. */
export async function cancel(
  deduplicationKey: string,
  options: CancelOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const request = { ...options, by: options.by ?? userName() };
  return show(await context.api().cancel(deduplicationKey, request), context);
}

const DECISIONS: Record<Decision['action'], string> = {
  retry: 'will be sent again to',
  discard: 'is given up for',
  cancel: 'is stopped for',
};
