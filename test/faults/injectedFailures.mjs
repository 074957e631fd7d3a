/**
 * Loaded into a process of the product by `node --import`. INJECTED_FAILURE says what fails in it: `creation` or `run` of
 * the worker of INJECTED_TASK_QUEUE, or a `rejection` that nothing handles.
 */
import { env } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';

const failure = new Error('Injected failure', { cause: new Error('the cause of it') });
const { INJECTED_FAILURE: kind, INJECTED_TASK_QUEUE: taskQueue } = env;
const { create } = Worker;
const { run } = Worker.prototype;

Worker.create = async function (options) {
  if (kind !== 'creation' || options.taskQueue !== taskQueue)
    return await create.call(this, options);
  // The others have been created by then.
  await delay(2_000);
  throw failure;
};

Worker.prototype.run = async function () {
  if (kind === 'rejection' && this.options.taskQueue === taskQueue) void Promise.reject(failure);
  if (kind !== 'run' || this.options.taskQueue !== taskQueue) return await run.call(this);
  const running = run.call(this);
  await delay(3_000);
  this.shutdown();
  await running;
  throw failure;
};
