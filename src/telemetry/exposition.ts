/** All metrics of a process in Prometheus's text format. */
import { Registry } from 'prom-client';
import { timeLimit } from '../lib/deadline.js';
import type { Metrics } from './metrics.js';

export interface MetricsSource {
  metrics: Metrics;
  /** The URL of the Temporal SDK's own metrics, in processes that have workers. */
  temporalSdkUrl?: string | undefined;
}

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** The SDK answers from memory, on the same machine. */
const SDK_TIMEOUT_MS = 1_000;

export async function exposition(
  { metrics, temporalSdkUrl }: MetricsSource,
  systemState?: CollectSystemState,
): Promise<string> {
  const parts = await Promise.all([
    metrics.registry.metrics(),
    systemState?.() ?? '',
    temporalSdkUrl === undefined ? '' : sdkMetrics(temporalSdkUrl),
  ]);
  return parts
    .filter((part) => part !== '')
    .map((part) => `${part.trimEnd()}\n`)
    .join('\n');
}

/** Empty if they can't be read: a scrape shows their absence, and the other metrics are still worth having. */
async function sdkMetrics(url: string): Promise<string> {
  const { signal, clear } = timeLimit(SDK_TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal });
    return response.ok ? await response.text() : '';
  } catch {
    return '';
  } finally {
    clear();
  }
}

/** Resolves with the metrics of the present state (open dead letters, overdue messages), in the same format. Never rejects. */
export type CollectSystemState = () => Promise<string>;
