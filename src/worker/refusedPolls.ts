/**
 * Notices that Temporal refuses the polls of a worker. The SDK repeats a refused poll every 10 s and reports it only after a minute;
 * until then its metrics alone show it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { timeLimit } from '../lib/deadline.js';

/** Temporal refused the polls of a task queue again and again. */
export class PollsRefused extends Error {
  override readonly name = 'PollsRefused';

  constructor({ operation, status, taskQueue }: RefusedPoll) {
    super(
      `Temporal refuses to give this worker tasks of the task queue ${taskQueue}: ${operation} is answered with ${status}. Check the namespace, and the rights of TEMPORAL_API_KEY or the TLS certificate in it.`,
    );
  }
}

interface RefusedPoll {
  operation: string;
  status: string;
  taskQueue: string;
}

const READ_EVERY_MS = 2_000;
const READ_WITHIN_MS = 1_000;

/** Longer than the SDK waits between two polls that are refused. */
const FORGET_AFTER_MS = 30_000;

/** Several pollers of one queue are refused within a moment, and two readings may show it. The SDK repeats each after 10 s. */
const REPEATED_AFTER_MS = 5_000;

/** What no repetition makes better. A service that is away or overloaded has other statuses. */
const REFUSALS = ['NOT_FOUND', 'PERMISSION_DENIED', 'UNAUTHENTICATED'];

/**
 * Rejects with PollsRefused when polls of one task queue were refused twice in a row, which takes the SDK 10 s. Never resolves.
 *
 * @param sdkMetricsUrl of the SDK's metrics in this process
 */
export async function untilPollsAreRefused(
  sdkMetricsUrl: string,
  stopped: AbortSignal,
): Promise<never> {
  const refusals = new PollRefusals();
  while (!stopped.aborted) {
    const refused = refusals.read(await readMetrics(sdkMetricsUrl), performance.now());
    if (refused) throw new PollsRefused(refused);
    await sleep(READ_EVERY_MS, undefined, { signal: stopped }).catch(() => undefined);
  }
  return await new Promise<never>(() => undefined);
}

async function readMetrics(url: string): Promise<string> {
  const { signal, clear } = timeLimit(READ_WITHIN_MS);
  try {
    return await (await fetch(url, { signal })).text();
  } catch {
    return '';
  } finally {
    clear();
  }
}

/** The refused polls that readings of the SDK's metrics have shown. */
export class PollRefusals {
  readonly #seen = new Map<string, { count: number; refusedAt: number }>();

  /**
   * @param metrics in Prometheus's text format
   * @param nowMs of a monotonic clock
   * @returns a poll that was refused again, by the time that the SDK waits before it repeats one
   */
  read(metrics: string, nowMs: number): RefusedPoll | undefined {
    for (const { key, count, poll } of refusedPolls(metrics)) {
      const before = this.#seen.get(key);
      if (count === (before?.count ?? 0)) continue;
      const sinceMs = before === undefined ? undefined : nowMs - before.refusedAt;
      if (sinceMs === undefined || sinceMs > FORGET_AFTER_MS) {
        this.#seen.set(key, { count, refusedAt: nowMs });
      } else if (sinceMs >= REPEATED_AFTER_MS) {
        return poll;
      } else {
        this.#seen.set(key, { count, refusedAt: nowMs - sinceMs });
      }
    }
    return undefined;
  }
}

const FAILED_POLLS = /^temporal_long_request_failure(?:_total)?\{(?<labels>.*)\} (?<count>\d+)$/gm;

function refusedPolls(metrics: string): { key: string; count: number; poll: RefusedPoll }[] {
  return [...metrics.matchAll(FAILED_POLLS)].flatMap(({ groups }) => {
    const { labels: key = '', count } = groups ?? {};
    const labels = new Map(
      [...key.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    );
    const operation = labels.get('operation') ?? '';
    const status = labels.get('status_code') ?? '';
    if (!/^Poll\w+TaskQueue$/.test(operation) || !REFUSALS.includes(status)) return [];
    const taskQueue = labels.get('task_queue') ?? 'an unknown task queue';
    return [{ key, count: Number(count), poll: { operation, status, taskQueue } }];
  });
}
