import { collectDefaultMetrics, Counter, Registry } from 'prom-client';

export interface ApiMetrics {
  registry: Registry;
  accepted: Counter;
  duplicates: Counter;
  keysReused: Counter;
}

/** The API's Prometheus metrics, in a registry of their own: several APIs may live in one process. */
export function createApiMetrics(): ApiMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string) =>
    new Counter({ name, help, registers: [registry] });
  return {
    registry,
    accepted: counter('sendproof_messages_accepted_total', 'Messages accepted for delivery.'),
    duplicates: counter(
      'sendproof_messages_duplicate_total',
      'Messages whose deduplication key had been accepted before: counted, never posted.',
    ),
    keysReused: counter(
      'sendproof_deduplication_keys_reused_total',
      'Messages refused because their deduplication key had been used for other content.',
    ),
  };
}
