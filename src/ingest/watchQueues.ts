/** Measures the lag of queues, and whether they are consumed, for the metrics and for probes. */
import type { Logger } from 'pino';
import { withinTime } from '../lib/deadline.js';
import type { QueueLag, QueueState } from '../queues/queue.js';
import type { Metrics } from '../telemetry/metrics.js';

export interface WatchedQueue {
  name: string;
  fault: () => string | undefined;
  lag: () => Promise<QueueLag[]>;
}

const MEASURE_EVERY_MS = 5_000;
const MEASURE_WITHIN_MS = 10_000;

export interface QueueWatch {
  states(): QueueState[];
  stop(): void;
}

export function watchQueues(
  queues: readonly WatchedQueue[],
  metrics: Pick<Metrics, 'queueConsumed' | 'queueLag'>,
  log: Logger,
  everyMs = MEASURE_EVERY_MS,
): QueueWatch {
  const lags = new Map<string, number>();
  const partitions = new Map<string, string[]>();
  /** Partitions that this process no longer consumes have no sample: their count would be an old one. */
  const forget = (queue: string): void => {
    for (const partition of partitions.get(queue) ?? [])
      metrics.queueLag.remove({ queue, partition });
    partitions.delete(queue);
    lags.delete(queue);
  };
  const measure = async ({ fault, lag, name: queue }: WatchedQueue): Promise<void> => {
    metrics.queueConsumed.set({ queue }, fault() === undefined ? 1 : 0);
    try {
      const late = () => new Error(`The lag was not known within ${MEASURE_WITHIN_MS} ms.`);
      const measured = await withinTime(lag(), MEASURE_WITHIN_MS, { late });
      forget(queue);
      for (const { partition, records } of measured) {
        metrics.queueLag.set({ queue, partition }, records);
      }
      partitions.set(
        queue,
        measured.map(({ partition }) => partition),
      );
      lags.set(
        queue,
        measured.reduce((sum, { records }) => sum + records, 0),
      );
    } catch (error) {
      forget(queue);
      log.debug({ err: error, queue }, 'The lag of a queue can’t be measured');
    }
  };
  const running = new Set<string>();
  const measureAll = (): void => {
    for (const queue of queues) {
      if (running.has(queue.name)) continue;
      running.add(queue.name);
      void measure(queue).finally(() => running.delete(queue.name));
    }
  };
  measureAll();
  const timer = setInterval(measureAll, everyMs);
  timer.unref();
  return {
    states: () => queues.map(({ fault, name }) => ({ name, fault: fault(), lag: lags.get(name) })),
    stop: () => clearInterval(timer),
  };
}
