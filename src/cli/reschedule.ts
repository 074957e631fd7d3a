/** `sendproof reschedule` */
import type { CommandContext } from './command.js';
import { UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { renderMessage } from './messageView.js';
import { userName } from './userName.js';

export interface RescheduleOptions {
  /** As they were typed: the API validates them. `now` and `never` remove a time. */
  deliverAt?: string;
  expiresAt?: string;
  by?: string;
  reason?: string;
}

/** Gives a message that has not begun other times. */
export async function reschedule(
  deduplicationKey: string,
  { deliverAt, expiresAt, by, reason }: RescheduleOptions,
  { api, output }: CommandContext,
): Promise<ExitCode> {
  if (deliverAt === undefined && expiresAt === undefined) {
    throw new UsageError('Give the new time: --deliver-at, --expires-at, or both.');
  }
  const state = await api().reschedule(deduplicationKey, {
    deliverAt: deliverAt === 'now' ? null : deliverAt,
    expiresAt: expiresAt === 'never' ? null : expiresAt,
    by: by ?? userName(),
    reason,
  });
  output.result(state, renderMessage);
  return ExitCode.done;
}
