import { condition } from '@temporalio/workflow';
import type { Delivery } from './delivery.js';

/**
 * Resolves with whether this delivery is to be made: at once with true, except for a fallback, which waits until the
 * delivery that it stands in for is dead-lettered or late (true), or over (false).
 */
export async function isNeeded({ plan }: Delivery, all: readonly Delivery[]): Promise<boolean> {
  const relieved = plan.fallbackFor === undefined ? undefined : all[plan.fallbackFor];
  if (!relieved) return true;

  await condition(() => relieved.begun || relieved.isOver);
  const failed = () => relieved.wasDeadLettered || relieved.isOver;
  if (plan.fallbackAfterMs === undefined) await condition(failed);
  else await condition(failed, plan.fallbackAfterMs);
  return relieved.wasDeadLettered || !relieved.isOver;
}
