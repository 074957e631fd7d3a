import type { Logger } from 'pino';
import { Gauge, Registry } from 'prom-client';
import type { Standing } from '../store/standing.js';
import type { CollectStanding } from '../telemetry/exposition.js';

/** Several scrapers within this time cost one reading. */
const KEPT_MS = 10_000;

/** What can't be read is left out, so that nobody takes it for zero; `sendproof_temporal_up` is 0 then. */
export function collectStanding(read: () => Promise<Standing>, log: Logger): CollectStanding {
  const withoutStanding = (error: unknown) => {
    log.warn({ err: error }, 'The metrics that are read from Temporal are missing');
    return exposeStanding();
  };
  let kept: { until: number; text: Promise<string> } | undefined;
  return async () => {
    const now = performance.now();
    if (!kept || now >= kept.until) {
      kept = { until: now + KEPT_MS, text: read().then(exposeStanding, withoutStanding) };
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
      'Messages neither final nor waiting for a person, longer after they were due than operators.overdueAfter.',
    ).set(standing.overdue);
    const deadLetters = gauge(
      'sendproof_dead_letters_open',
      'Messages that wait for a person to retry or discard them.',
      ['reason'],
    );
    for (const [reason, count] of Object.entries(standing.deadLetters)) {
      deadLetters.set({ reason }, count);
    }
  }
  return await registry.metrics();
}
