/** Creates and runs the workers of one process together: when one of them ends, the others are shut down. */
import type { Worker, WorkerOptions } from '@temporalio/worker';
import { withinTime } from '../lib/deadline.js';
import { shutDownNativeWorker } from '../temporal/sdkInternals.js';

export interface Workers {
  /**
   * Stops polling, finishes the attempts that are under way, and resolves when all workers have stopped. Rejects when one
   * of them failed meanwhile.
   */
  shutdown(): Promise<void>;
  /** Resolves when all have stopped; rejects as soon as one of them fails, or ends without having been asked to. */
  done: Promise<void>;
}

type SupervisedWorker = Pick<Worker, 'run' | 'shutdown' | 'getState'> & {
  readonly options: Pick<WorkerOptions, 'taskQueue'>;
};

type CreatedWorker = SupervisedWorker & Pick<Worker, 'runUntil'>;

/**
 * Creates all the workers. If one can't be created, the others release the connection, so that it can be closed.
 *
 * @throws AggregateError that names the task queues, with what went wrong for each
 */
export async function createWorkers<Created extends CreatedWorker>(
  options: readonly WorkerOptions[],
  create: (options: WorkerOptions) => Promise<Created>,
): Promise<Created[]> {
  const results = await Promise.allSettled(options.map((each) => create(each)));
  const workers = results.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  if (workers.length === options.length) return workers;

  // The SDK frees a worker only at the end of a run. How that run ends adds nothing to why the creation failed.
  await Promise.allSettled(workers.map((worker) => worker.runUntil(Promise.resolve())));
  const failed = options.filter((_, index) => results[index]?.status === 'rejected');
  throw new AggregateError(
    results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : [])),
    `Workers could not be created, for the task queues ${failed.map(({ taskQueue }) => taskQueue).join(', ')}`,
  );
}

/** How soon the failure of a worker's polls is noticed. */
const STATE_CHECK_MS = 250;

/** The polls that are still under way end when the native worker is shut down; Temporal holds each for a minute at most. */
const FAILED_RUN_ENDS_WITHIN_MS = 5_000;

/**
 * Runs a worker. When Temporal refuses one of its polls for good, the worker's state is FAILED, but the promise of its run waits
 * for the polls that are not refused, without end. So the state is looked at, and the native worker is then shut down.
 */
async function runUntilFailure(worker: SupervisedWorker): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<void>((resolve) => {
    timer = setInterval(() => {
      if (worker.getState() === 'FAILED') resolve();
    }, STATE_CHECK_MS);
  });
  const run = worker.run();
  try {
    const hasEnded = await Promise.race([run.then(() => true), failed.then(() => false)]);
    if (hasEnded) return;
    shutDownNativeWorker(worker);
    await withinTime(run, FAILED_RUN_ENDS_WITHIN_MS, {
      late: () =>
        new Error('Temporal refused its polls: the log line "Worker failed" has the cause'),
    });
  } finally {
    clearInterval(timer);
  }
}

/** Runs the workers. When one of them ends, the others are shut down: a process with only some of its workers would look healthy. */
export function superviseWorkers(workers: readonly SupervisedWorker[]): Workers {
  let stopping = false;
  const stop = (): void => {
    stopping = true;
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };

  const runs = workers.map(async (worker) => {
    const { taskQueue } = worker.options;
    try {
      await runUntilFailure(worker);
    } catch (error) {
      throw new Error(`The worker of the task queue ${taskQueue} failed`, { cause: error });
    }
    if (!stopping) throw new Error(`The worker of the task queue ${taskQueue} ended by itself`);
  });
  const allEnded = Promise.allSettled(runs);
  const done = Promise.all(runs).then(() => undefined);
  let hasFailed = false;
  done.catch(() => {
    hasFailed = true;
    stop();
  });

  return {
    done,
    shutdown: async () => {
      const wasReported = hasFailed;
      stop();
      await allEnded;
      if (!wasReported) await done;
    },
  };
}
