import { condition } from '@temporalio/workflow';
import type { Delivery } from './delivery.js';

/**
 * Resolves with whether this delivery is needed: immediately with true, except for a fallback, which waits until its primary
 * delivery is dead-lettered or late (true), or final (false).
 */
export async function isNeeded({ plan }: Delivery, all: readonly Delivery[]): Promise<boolean> {
  const primary = plan.fallbackFor === undefined ? undefined : all[plan.fallbackFor];
  if (!primary) return true;

  await condition(() => primary.stage.kind !== 'waiting');
  const failed = () => primary.wasDeadLettered || primary.isFinal;
  if (plan.fallbackAfterMs === undefined) await condition(failed);
  else await condition(failed, plan.fallbackAfterMs);
  return primary.wasDeadLettered || !primary.isFinal;
}
