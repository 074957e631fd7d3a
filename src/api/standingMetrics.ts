import type { Logger } from 'pino';
import { Gauge, Registry } from 'prom-client';
import type { Standing } from '../store/standing.js';
import type { CollectStanding } from '../telemetry/exposition.js';

/** Scrapes within this time share one reading of Temporal. */
const CACHE_MS = 10_000;

/** If Temporal can't be read, `sendproof_temporal_up` is 0 and the other metrics are left out, since zero would be wrong. */
export function collectStanding(read: () => Promise<Standing>, log: Logger): CollectStanding {
  const withoutStanding = (error: unknown) => {
    log.warn({ err: error }, 'The metrics that are read from Temporal are missing');
    return exposeStanding();
  };
  let kept: { until: number; text: Promise<string> } | undefined;
  return async () => {
    const now = performance.now();
    if (!kept || now >= kept.until) {
      kept = { until: now + CACHE_MS, text: read().then(exposeStanding, withoutStanding) };
    }
    return await kept.text;
  };
}

async function exposeStanding(standing?: Standing): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  gauge(
    'sendproof_temporal_up',
    'Whether Temporal answered (1), so that the metrics read from it are there.',
  ).set(standing ? 1 : 0);
  if (standing) {
    gauge('sendproof_workers_polling', 'Workers that poll for workflow tasks.').set(
      standing.workers,
    );
    gauge(
      'sendproof_messages_overdue',
      'Messages that are neither final nor dead-lettered although they were due more than operators.overdueAfter ago.',
    ).set(standing.overdue);
    const deadLetters = gauge(
      'sendproof_dead_letters_open',
      'Messages with a dead letter that needs a decision: retry or discard.',
      ['reason'],
    );
    for (const [reason, count] of Object.entries(standing.deadLetters)) {
      deadLetters.set({ reason }, count);
    }
  }
  return await registry.metrics();
}
