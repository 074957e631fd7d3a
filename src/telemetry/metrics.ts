import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The metrics of a process. Every label has a closed list of values: never a deduplication key, a destination or an account. */
export interface Metrics {
  registry: Registry;
  accepted: Counter;
  duplicates: Counter;
  keysReused: Counter;
  /** Batches that were sent to be started in the background. Their messages are counted as those that are sent alone. */
  batches: Counter<'outcome'>;
  /** Messages of batches: `accepted`, `duplicate` or `refused`. */
  batchMessages: Counter<'outcome'>;
  /** Requests by the name of their key or `person`, as configured, and whether the caller may do that. */
  callerRequests: Counter<'caller' | 'outcome'>;
  /** Requests, and tries to sign in, with a key that is none. */
  wrongKeys: Counter;
  /** People's decisions that the API sent to Temporal; `scope`: one `message`, or all that match a `filter`. */
  decisions: Counter<'action' | 'scope'>;
  /** One for each call of a delivery's activity that had an outcome. */
  attempts: Counter<'platform' | 'outcome' | 'reason'>;
  /** From when a message was due (accepted, or its `deliverAt`) to a platform's receipt, in seconds. */
  timeToConfirm: Histogram<'platform'>;
  /** What conversations answered to deliveries that asked for their turn. */
  conversationClaims: Counter<'answer'>;
  acknowledgementAttempts: Counter<'event' | 'outcome' | 'reason'>;
  /** Attempts to write an event to a target of `events:`: `delivered`, `retried` or `given_up`. */
  eventAttempts: Counter<'target' | 'event' | 'outcome' | 'reason'>;
  /** Requests to configured sources, by the name of the source and what became of them. */
  sourceRequests: Counter<'source' | 'outcome'>;
  /** Events with the default content since the template of their route could not show them. */
  templateFailures: Counter<'route' | 'reason'>;
  /** Records of queues by what became of them: `accepted`, `duplicate`, `nothing`, `tombstone`, `unusable` or `refused`. */
  queueRecords: Counter<'queue' | 'outcome'>;
  queueDeadLetters: Counter<'queue' | 'reason'>;
  /** What the API has written to the queue of `intake`. */
  queued: Counter<'queue'>;
  /** Records that are not settled, of the partitions that this process consumes. */
  queueLag: Gauge<'queue' | 'partition'>;
  /** 0 while nothing is taken from the queue, since it, Temporal or its dead letters can't be used. */
  queueConsumed: Gauge<'queue'>;
  /** 0 while the configuration file, as it is, can't be used, so that an earlier one stays in use. */
  configurationInUse: Gauge;
  /** 1 if this process encrypts the content that it gives Temporal. */
  contentEncrypted: Gauge;
  /** Payloads that this process read and couldn't decrypt: it lacks the key, or has another one of that id. */
  unreadablePayloads: Counter;
}

/** The label `reason` of successful attempts. */
export const NO_REASON = 'none';

/** From an immediate delivery to one that was retried for a day, in seconds. */
const CONFIRM_BUCKETS_S = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400];

function inUse(registry: Registry): Gauge {
  const gauge = new Gauge({
    name: 'sendproof_configuration_in_use',
    help: '1 if the configuration file, as it is, is in use; 0 if it has changed and can’t be used.',
    registers: [registry],
  });
  gauge.set(1);
  return gauge;
}

/** In a registry of their own, because one process may run several APIs and workers. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name, help, labelNames, registers: [registry] });
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
    batches: counter(
      'sendproof_batches_total',
      'Batches that were sent to be started in the background, by whether they were new.',
      ['outcome'],
    ),
    batchMessages: counter(
      'sendproof_batch_messages_total',
      'Messages of batches in the background whose turn came, by outcome.',
      ['outcome'],
    ),
    callerRequests: counter(
      'sendproof_caller_requests_total',
      'Requests to the API by the name of their key, and whether the key may do that (allowed, refused, or limited: beyond its rate limit).',
      ['caller', 'outcome'],
    ),
    wrongKeys: counter('sendproof_wrong_keys_total', 'Requests with a key that is none.'),
    decisions: counter(
      'sendproof_decisions_total',
      'Decisions on dead letters that people made through the API.',
      ['action', 'scope'],
    ),
    attempts: counter(
      'sendproof_delivery_attempts_total',
      'Delivery attempts by outcome, without those whose worker was lost.',
      ['platform', 'outcome', 'reason'],
    ),
    timeToConfirm: new Histogram({
      name: 'sendproof_time_to_confirm_seconds',
      help: "From a message's acceptance (or its deliverAt) to the platform's receipt, for each destination.",
      labelNames: ['platform'],
      buckets: CONFIRM_BUCKETS_S,
      registers: [registry],
    }),
    conversationClaims: counter(
      'sendproof_conversation_claims_total',
      'What conversations answered to deliveries that asked for their turn: post, edit, reply, wait, nothing (superseded) or adopt (posted already).',
      ['answer'],
    ),
    acknowledgementAttempts: counter(
      'sendproof_acknowledgement_attempts_total',
      'Attempts to send an acknowledgement to a source.',
      ['event', 'outcome', 'reason'],
    ),
    eventAttempts: counter(
      'sendproof_event_attempts_total',
      'Attempts to write a status event to a target of `events`: delivered, retried or given_up.',
      ['target', 'event', 'outcome', 'reason'],
    ),
    sourceRequests: counter(
      'sendproof_source_requests_total',
      'Requests to configured sources by outcome.',
      ['source', 'outcome'],
    ),
    templateFailures: counter(
      'sendproof_template_failures_total',
      'Events that have the default content because the template of their route could not show them.',
      ['route', 'reason'],
    ),
    queueRecords: counter(
      'sendproof_queue_records_total',
      'Records of queues that are settled, by outcome.',
      ['queue', 'outcome'],
    ),
    queueDeadLetters: counter(
      'sendproof_queue_dead_letters_total',
      'Records of queues that can’t be accepted and were moved to the dead letters.',
      ['queue', 'reason'],
    ),
    queued: counter(
      'sendproof_queued_total',
      'Messages, events and requests of sources that the API has written to the queue of `intake`.',
      ['queue'],
    ),
    queueLag: new Gauge({
      name: 'sendproof_queue_lag_records',
      help: 'Records that are not settled yet, of the partitions that this process consumes.',
      labelNames: ['queue', 'partition'],
      registers: [registry],
    }),
    queueConsumed: new Gauge({
      name: 'sendproof_queue_consumed',
      help: '1 while the queue is consumed; 0 while it waits, since it, Temporal or its dead letters can’t be used.',
      labelNames: ['queue'],
      registers: [registry],
    }),
    configurationInUse: inUse(registry),
    contentEncrypted: new Gauge({
      name: 'sendproof_content_encrypted',
      help: '1 if this process encrypts the content that it gives Temporal; 0 if it doesn’t.',
      registers: [registry],
    }),
    unreadablePayloads: counter(
      'sendproof_unreadable_payloads_total',
      'Payloads that Temporal has and that this process couldn’t decrypt with the keys of `encryption`.',
    ),
  };
}
