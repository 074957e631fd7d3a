/** The signals of a decision on thousands, to workers of every speed: on a simulated clock. */
import { setImmediate } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import ms from 'ms';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PacedSignals } from '../../src/activities/pacedSignals.js';
import { clientAnsweredBy, grpcError } from './temporalService.js';

const NOT_FOUND = 5;
const UNAVAILABLE = 14;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Temporal with workers that take up so many signals a second, in their order. */
class Workers {
  readonly signalled: string[] = [];
  mostWaiting = 0;
  looks = 0;
  /** Is asked before each signal, and before each look. */
  fault: (key: string) => Error | undefined = () => undefined;
  /** The attempts of workflow tasks that fail again and again. */
  readonly failing = new Map<string, number>();
  readonly #perSecond: number;
  readonly #takenUpAt = new Map<string, number>();
  /** When the workers will be done with all that was signalled. */
  #busyUntil = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  readonly client = clientAnsweredBy(({ method, request }) => {
    expect(method).toBe('describeWorkflowExecution');
    this.looks += 1;
    const { workflowId } = request.execution as { workflowId: string };
    const fault = this.fault(workflowId);
    if (fault) throw fault;
    const attempt = this.failing.get(workflowId);
    if (attempt !== undefined) return { pendingWorkflowTask: { attempt } };
    const waits = (this.#takenUpAt.get(workflowId) ?? 0) > performance.now();
    return waits ? { pendingWorkflowTask: { attempt: 1 } } : {};
  });

  readonly signal = async (key: string): Promise<boolean> => {
    await setImmediate();
    const fault = this.fault(key);
    if (fault) throw fault;
    this.signalled.push(key);
    const now = performance.now();
    this.#busyUntil = Math.max(this.#busyUntil, now) + 1_000 / this.#perSecond;
    this.#takenUpAt.set(key, this.#busyUntil);
    const waiting = [...this.#takenUpAt.values()].filter((at) => at > now).length;
    this.mostWaiting = Math.max(this.mostWaiting, waiting);
    return true;
  };
}

/** As Temporal repeats an activity: after the delay that its failure says, with the details of the last heartbeat. */
async function repeated<Result>(
  attempt: (environment: MockActivityEnvironment) => Promise<Result>,
  detailsBefore?: unknown,
) {
  let heartbeatDetails = detailsBefore;
  let longestMs = 0;
  for (let attempts = 1; ; attempts += 1) {
    const environment = new MockActivityEnvironment({ heartbeatDetails });
    let beatAt = performance.now();
    const startedAt = beatAt;
    environment.on('heartbeat', (details: unknown) => {
      // The queue takes a worker for lost after 15 s.
      expect(performance.now() - beatAt).toBeLessThan(10_000);
      beatAt = performance.now();
      heartbeatDetails = structuredClone(details);
    });
    try {
      const result = await attempt(environment);
      return { result, attempts, longestMs, heartbeatDetails };
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.nextRetryDelay == null) throw error;
      longestMs = Math.max(longestMs, performance.now() - startedAt);
      const delayMs = ms(error.nextRetryDelay as ms.StringValue);
      await new Promise((done) => setTimeout(done, delayMs));
    }
  }
}

/** One activity, with all its attempts: sends until all are reached. */
async function send(
  workers: Workers,
  keys: string[],
  { perSecond = 1_000, after }: { perSecond?: number; after?: unknown } = {},
) {
  return await repeated(
    async (environment) =>
      await environment.run(async () => {
        const signals = new PacedSignals(workers.client, perSecond);
        await signals.takenUp();
        return await signals.send(signals.left ?? keys, workers.signal);
      }),
    after,
  );
}

/** Lets the simulated clock run until the promise is settled. */
async function simulated<Result>(running: Promise<Result>): Promise<Result> {
  const settled = new AbortController();
  const ended = running.finally(() => {
    settled.abort();
  });
  ended.catch(() => undefined);
  while (!settled.signal.aborted) {
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    await vi.advanceTimersToNextTimerAsync();
  }
  return await ended;
}

const keysOf = (count: number, name = 'message') =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`);

describe('signals to many messages', () => {
  it.each([
    { workers: 0.5, pages: 1, each: 20, least: 0.5 },
    { workers: 4, pages: 3, each: 100, least: 0.7 },
    { workers: 12, pages: 60, each: 30, least: 0.9 },
    { workers: 12, pages: 3, each: 167, least: 0.7 },
    { workers: 40, pages: 3, each: 167, least: 0.7 },
    { workers: 300, pages: 60, each: 50, least: 0.7 },
  ])(
    'keep workers busy that take up $workers a second, and are not far ahead of them: $pages pages of $each',
    async ({ workers: perSecond, pages, each, least }) => {
      const workers = new Workers(perSecond);
      const all = Array.from({ length: pages }, (_, index) => keysOf(each, `page-${index}`));
      const began = performance.now();
      const sent = await simulated(
        Promise.all(all.map((keys) => send(workers, keys, { perSecond: 50 / Math.min(3, pages) }))),
      );
      const seconds = (performance.now() - began) / 1_000;
      expect(sent.map(({ result }) => result)).toEqual(all.map(({ length }) => length));
      expect(workers.signalled.toSorted()).toEqual(all.flat().sort());
      expect(all.flat().length / seconds).toBeGreaterThan(perSecond * least);
      // What a new message waits for: a few seconds, or one message of each page.
      expect(workers.mostWaiting).toBeLessThan(Math.max(1.2 * pages, 5 * perSecond) + 1);
      expect(workers.looks).toBeLessThan(3 * all.flat().length);
      // Others may have its place among the worker's activities.
      for (const { longestMs } of sent) expect(longestMs).toBeLessThan(26_000);
    },
  );

  it('keep to their pace where the workers are fast', async () => {
    const workers = new Workers(10_000);
    const began = performance.now();
    await simulated(send(workers, keysOf(100), { perSecond: 10 }));
    expect(performance.now() - began).toBeGreaterThan(9_900);
    expect(performance.now() - began).toBeLessThan(11_000);
  });

  it('reach nobody more while the workers do nothing, and all when they are back', async () => {
    const workers = new Workers(1_000);
    workers.failing.set('message-0', 1);
    const sending = send(workers, keysOf(50));
    await simulated(new Promise((done) => setTimeout(done, 60_000)));
    expect(workers.signalled).toEqual(['message-0']);
    workers.failing.clear();
    expect((await simulated(sending)).result).toBe(50);
    expect(workers.signalled).toEqual(keysOf(50));
  });

  it.each([
    ['whose workflow task fails again and again', 4, 30],
    ['that no worker ever takes up, after some minutes', 1, 600],
  ])('go on after a message %s', async (_, attempt, seconds) => {
    const workers = new Workers(1_000);
    workers.failing.set('message-0', attempt);
    const began = performance.now();
    expect((await simulated(send(workers, keysOf(50)))).result).toBe(50);
    expect(workers.signalled).toEqual(keysOf(50));
    expect((performance.now() - began) / 1_000).toBeLessThan(seconds);
  });

  it('do not wait for a message that Temporal has deleted', async () => {
    const workers = new Workers(1_000);
    workers.fault = (key) =>
      workers.signalled.includes(key) ? grpcError(NOT_FOUND, 'workflow not found') : undefined;
    expect((await simulated(send(workers, keysOf(50)))).result).toBe(50);
    expect(workers.signalled).toEqual(keysOf(50));
  });

  it('continue after a look that failed, and reach nobody twice', async () => {
    const workers = new Workers(1_000);
    let calls = 0;
    workers.fault = () =>
      (calls += 1) === 12 ? grpcError(UNAVAILABLE, 'gone for a moment') : undefined;
    const environment = new MockActivityEnvironment();
    let details: unknown;
    environment.on('heartbeat', (said: unknown) => (details = structuredClone(said)));
    const first = environment.run(async () =>
      new PacedSignals(workers.client, 1_000).send(keysOf(50), workers.signal),
    );
    await expect(simulated(first)).rejects.toThrow('gone for a moment');
    expect((await simulated(send(workers, keysOf(50), { after: details }))).result).toBe(50);
    expect(workers.signalled.toSorted()).toEqual(keysOf(50).sort());
  });

  it('continue what a worker of an earlier version began', async () => {
    const workers = new Workers(1_000);
    const after = { told: keysOf(20) };
    expect((await simulated(send(workers, keysOf(50), { after }))).result).toBe(50);
    expect(workers.signalled).toEqual(keysOf(50).slice(20));
  });
});
