/** The metrics of sendproof itself, as a table. Those of Node.js and of Temporal's SDK have documents of their own. */
import { systemStateRegistry } from '../../src/api/systemStateMetrics.js';
import { FAILURE_REASONS, type FailureReason } from '../../src/domain/delivery.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { markdownTable } from './markdown.js';

type Process = 'API' | 'worker' | 'ingest';

/** Where a metric changes, by the beginning of its name; the longest fitting one counts. Others: in all processes. */
const PROCESSES: Record<string, Process[]> = {
  sendproof_messages_: ['API', 'ingest'],
  sendproof_messages_overdue: ['API'],
  sendproof_deduplication_: ['API', 'ingest'],
  sendproof_batches_: ['API'],
  sendproof_batch_: ['worker'],
  sendproof_decisions_: ['API'],
  sendproof_caller_: ['API'],
  sendproof_wrong_: ['API'],
  sendproof_source_: ['API'],
  sendproof_template_: ['API', 'ingest'],
  sendproof_temporal_: ['API'],
  sendproof_workers_: ['API'],
  sendproof_dead_letters_: ['API'],
  sendproof_delivery_: ['worker'],
  sendproof_conversation_: ['worker'],
  sendproof_time_: ['worker'],
  sendproof_acknowledgement_: ['worker'],
  sendproof_event_: ['worker'],
  sendproof_queue_: ['ingest'],
  sendproof_queued_: ['API'],
};

/** A state with at least one of everything, so that no metric is left out. */
const STATE: Parameters<typeof systemStateRegistry>[1] = {
  workers: 0,
  overdue: 0,
  openBatches: 0,
  deadLetters: Object.fromEntries(FAILURE_REASONS.map((reason) => [reason, 0])) as Record<
    FailureReason,
    number
  >,
};

/** What prom-client knows of a metric, beyond what its types say. */
interface Known {
  name: string;
  help: string;
  type: string;
  labelNames?: readonly string[];
}

export async function metricsTable(): Promise<string> {
  const registries = [createMetrics().registry, systemStateRegistry(true, STATE)];
  const described = registries.flatMap((registry) =>
    registry.getMetricsAsArray().map((metric) => metric as unknown as Known),
  );
  const types = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()));
  const typeOf = new Map(types.flat().map(({ name, type }) => [name, String(type)]));
  const rows = described
    .filter(({ name }) => name.startsWith('sendproof_'))
    .toSorted((one, other) => one.name.localeCompare(other.name))
    .map(({ name, help, labelNames = [] }) => [
      `\`${name}\``,
      typeOf.get(name) ?? '',
      processesOf(name),
      labelNames.map((label) => `\`${label}\``).join(', '),
      help,
    ]);
  return markdownTable([['metric', 'type', 'process', 'labels', 'meaning'], ...rows]);
}

function processesOf(name: string): string {
  const [longest] = Object.keys(PROCESSES)
    .filter((beginning) => name.startsWith(beginning))
    .toSorted((one, other) => other.length - one.length);
  return longest === undefined ? 'all' : (PROCESSES[longest] ?? []).join(', ');
}
