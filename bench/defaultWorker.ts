/** A worker whose every option is the SDK's default, in a process of its own. */
import { fileURLToPath } from 'node:url';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';

/** Where it polls. */
export interface Polled {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
}

/**
 * Runs it until the process is asked to stop. The process's arguments are Temporal's address, namespace and task queue.
 *
 * @param workflows the compiled module of its workflows, beside this one
 * @param whenItPolls what it returns is called once the worker has stopped
 */
export async function runDefaultWorker(
  workflows: string,
  activities: NonNullable<WorkerOptions['activities']>,
  whenItPolls: (polled: Polled) => () => void,
): Promise<void> {
  const [address, namespace, taskQueue] = process.argv.slice(2);
  if (!address || !namespace || !taskQueue) {
    throw new Error('The arguments are: ADDRESS NAMESPACE QUEUE');
  }
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const connection = await NativeConnection.connect({ address });
  try {
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      activities,
      workflowsPath: fileURLToPath(new URL(workflows, import.meta.url)),
    });
    const stopped = worker.run();
    const stop = whenItPolls({ connection, namespace, taskQueue });
    await stopped;
    stop();
  } finally {
    await connection.close();
  }
}
