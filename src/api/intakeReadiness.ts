/** Readiness of an API with a queue in front: messages are accepted while the queue takes them, also where Temporal is away. */
import type { Readiness } from './readiness.js';

/**
 * @param behind what is known of Temporal and the workers, which the queue can wait for
 * @param fault why the queue takes nothing, with the remedy; undefined if it takes records
 * @returns the readiness, and what needs attention although messages are accepted
 */
export function readinessWithIntake(
  behind: Readiness,
  fault: string | undefined,
): { readiness: Readiness; warnings: string[] } {
  const checks = { ...behind.checks, intake: fault === undefined };
  if (fault !== undefined) {
    const reasons = [fault, ...behind.reasons];
    return { readiness: { status: 'not ready', checks, reasons }, warnings: [] };
  }
  return { readiness: { status: 'ready', checks, reasons: [] }, warnings: behind.reasons };
}
