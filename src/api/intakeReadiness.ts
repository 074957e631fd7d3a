/** Readiness of an API with a queue in front: messages are accepted while the queue takes them, also where Temporal is away. */
import type { JudgedReadiness, Readiness } from './readiness.js';

/**
 * @param behind what is known of Temporal and the workers, which the queue can wait for
 * @param fault why the queue takes nothing, with the remedy; undefined if it takes records
 */
export function readinessWithIntake(behind: Readiness, fault: string | undefined): JudgedReadiness {
  const checks = { ...behind.checks, intake: fault === undefined };
  if (fault !== undefined) {
    const reasons = [fault, ...behind.reasons];
    return { readiness: { status: 'not ready', checks, reasons }, warnings: [] };
  }
  return { readiness: { status: 'ready', checks, reasons: [] }, warnings: behind.reasons };
}
