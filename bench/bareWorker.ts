/**
 * Bare Temporal's worker, in a process of its own as sendproof's is: every option is the SDK's default. Arguments:
 * Temporal's address, namespace, task queue. Prints a line once it polls.
 */
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

const activities = { nothing: () => Promise.resolve() };
export type BareActivities = typeof activities;

const [address, namespace, taskQueue] = process.argv.slice(2);
if (!address || !namespace || !taskQueue)
  throw new Error('usage: bareWorker ADDRESS NAMESPACE QUEUE');

Runtime.install({ logger: new DefaultLogger('WARN') });
const connection = await NativeConnection.connect({ address });
try {
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    activities,
    workflowsPath: fileURLToPath(new URL('bareWorkflow.js', import.meta.url)),
  });
  const stopped = worker.run();
  console.log('polling');
  await stopped;
} finally {
  await connection.close();
}
