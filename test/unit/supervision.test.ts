import { describe, expect, it } from 'vitest';
import { createWorkers, superviseWorkers } from '../../src/worker/supervision.js';

/** A worker that runs until it is shut down, or until the test has it end. */
class FakeWorker {
  readonly options: { taskQueue: string };
  wasRun = false;
  #state: 'INITIALIZED' | 'RUNNING' | 'STOPPED' | 'FAILED' = 'INITIALIZED';
  /** Of the SDK's worker: shutting it down ends the polls that Temporal still holds. */
  readonly nativeWorker = { initiateShutdown: () => this.#reject(this.#refusal) };
  #refusal = new Error('no poll was refused');
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  /** Rejects the run with this once it is shut down. */
  failsToStop: Error | undefined;

  constructor(taskQueue: string) {
    this.options = { taskQueue };
  }

  getState() {
    return this.#state;
  }

  async run(): Promise<void> {
    this.wasRun = true;
    this.#state = 'RUNNING';
    await new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  async runUntil<Result>(work: Promise<Result> | (() => Promise<Result>)): Promise<Result> {
    const ended = this.run();
    const result = await (typeof work === 'function' ? work() : work);
    this.shutdown();
    await ended;
    return result;
  }

  shutdown(): void {
    if (this.failsToStop) this.fail(this.failsToStop);
    else this.end();
  }

  /** Temporal refuses a poll for good while it holds others: the SDK's promise of the run doesn't settle. */
  refusePoll(refusal: Error): void {
    this.#state = 'FAILED';
    this.#refusal = refusal;
  }

  end(): void {
    this.#state = 'STOPPED';
    this.#resolve();
  }

  fail(error: Error): void {
    this.#state = 'STOPPED';
    this.#reject(error);
  }
}

function three(): [FakeWorker, FakeWorker, FakeWorker] {
  return [new FakeWorker('workflows'), new FakeWorker('slack'), new FakeWorker('teams')];
}

const states = (workers: FakeWorker[]) => workers.map((worker) => worker.getState());

describe('the workers of a process', () => {
  it('all stop when they are asked to', async () => {
    const workers = three();
    const supervised = superviseWorkers(workers);
    expect(states(workers)).toEqual(['RUNNING', 'RUNNING', 'RUNNING']);

    await supervised.shutdown();
    await supervised.done;
    expect(states(workers)).toEqual(['STOPPED', 'STOPPED', 'STOPPED']);
  });

  it('stop when one of them fails, with what made it fail as the cause', async () => {
    const workers = three();
    const supervised = superviseWorkers(workers);
    const cause = new Error('permission denied');
    workers[1].fail(cause);

    await expect(supervised.done).rejects.toMatchObject({
      message: 'The worker of the task queue slack failed',
      cause,
    });
    expect(states(workers)).toEqual(['STOPPED', 'STOPPED', 'STOPPED']);
    // Its failure was told already.
    await supervised.shutdown();
  });

  it('stop when Temporal refuses the polls of one of them, though its run doesn’t settle', async () => {
    const workers = three();
    const supervised = superviseWorkers(workers);
    const cause = new Error('Namespace chat is not found.');
    workers[1].refusePoll(cause);

    await expect(supervised.done).rejects.toMatchObject({
      message: 'The worker of the task queue slack failed',
      cause,
    });
    expect(states(workers)).toEqual(['STOPPED', 'FAILED', 'STOPPED']);
    await supervised.shutdown();
  });

  it('stop when one of them ends without having been asked to', async () => {
    const workers = three();
    const supervised = superviseWorkers(workers);
    workers[2].end();

    await expect(supervised.done).rejects.toThrow(
      'The worker of the task queue teams ended by itself',
    );
    expect(states(workers)).toEqual(['STOPPED', 'STOPPED', 'STOPPED']);
  });

  it('tell of a failure to shut down, after all have ended', async () => {
    const workers = three();
    const supervised = superviseWorkers(workers);
    supervised.done.catch(() => undefined);
    workers[0].failsToStop = new Error('the grace period is over');

    await expect(supervised.shutdown()).rejects.toMatchObject({
      message: 'The worker of the task queue workflows failed',
      cause: { message: 'the grace period is over' },
    });
    expect(states(workers)).toEqual(['STOPPED', 'STOPPED', 'STOPPED']);
  });
});

describe('the creation of workers', () => {
  const queues = ['workflows', 'slack', 'teams'].map((taskQueue) => ({ taskQueue }));

  it('has them all, in their order', async () => {
    const workers = await createWorkers(queues, ({ taskQueue }) =>
      Promise.resolve(new FakeWorker(taskQueue)),
    );
    expect(workers.map(({ options }) => options)).toEqual(queues);
    expect(workers.some(({ wasRun }) => wasRun)).toBe(false);
  });

  it('that fails for one frees the others, and says for which and why', async () => {
    const created: FakeWorker[] = [];
    const cause = new Error('the bundle has no workflows');
    const creation = createWorkers(queues, ({ taskQueue }) => {
      if (taskQueue === 'workflows') return Promise.reject(cause);
      const worker = new FakeWorker(taskQueue);
      created.push(worker);
      return Promise.resolve(worker);
    });

    await expect(creation).rejects.toMatchObject({
      message: 'Workers could not be created, for the task queues workflows',
      errors: [cause],
    });
    expect(created).toHaveLength(2);
    expect(states(created)).toEqual(['STOPPED', 'STOPPED']);
    expect(created.every(({ wasRun }) => wasRun)).toBe(true);
  });
});
