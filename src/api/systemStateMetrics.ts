import type { Logger } from 'pino';
import { Gauge, Registry } from 'prom-client';
import type { SystemState } from '../store/systemState.js';
import type { CollectSystemState } from '../telemetry/exposition.js';

/** Scrapes within this time share one reading of Temporal. */
const CACHE_MS = 10_000;

/**
 * `sendproof_temporal_up` is 0 if Temporal can't be read or accepts no writes. If it can't be read, the other metrics are left
 * out, since zero would be wrong.
 */
export function collectSystemState(
  read: () => Promise<SystemState>,
  writeFault: () => Promise<string | undefined>,
  log: Logger,
): CollectSystemState {
  const withoutSystemState = (error: unknown) => {
    log.warn({ err: error }, 'The metrics that are read from Temporal are missing');
    return exposeSystemState(false);
  };
  const withSystemState = async (systemState: SystemState) =>
    await exposeSystemState((await writeFault()) === undefined, systemState);
  let kept: { until: number; text: Promise<string> } | undefined;
  return async () => {
    const now = performance.now();
    if (!kept || now >= kept.until) {
      kept = { until: now + CACHE_MS, text: read().then(withSystemState, withoutSystemState) };
    }
    return await kept.text;
  };
}

async function exposeSystemState(isUp: boolean, systemState?: SystemState): Promise<string> {
  return await systemStateRegistry(isUp, systemState).metrics();
}

/** The metrics that are read from Temporal. */
export function systemStateRegistry(isUp: boolean, systemState?: SystemState): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  gauge(
    'sendproof_temporal_up',
    'Whether Temporal answered and accepted a write (1) or not (0).',
  ).set(isUp ? 1 : 0);
  if (systemState) {
    gauge('sendproof_workers_polling', 'Workers that poll for workflow tasks.').set(
      systemState.workers,
    );
    gauge(
      'sendproof_messages_overdue',
      'Messages that are neither final nor dead-lettered although they were due more than operators.overdueAfter ago.',
    ).set(systemState.overdue);
    gauge(
      'sendproof_batches_open',
      'Batches in the background whose messages are being started.',
    ).set(systemState.openBatches);
    const deadLetters = gauge(
      'sendproof_dead_letters_open',
      'Messages with a dead letter that needs a decision: retry or discard.',
      ['reason'],
    );
    for (const [reason, count] of Object.entries(systemState.deadLetters)) {
      deadLetters.set({ reason }, count);
    }
  }
  return registry;
}
