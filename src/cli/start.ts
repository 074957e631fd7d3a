/** `sendproof start`: the processes of the product, as an installed package has no `npm start`. */
import { runProcess, type ProcessContext } from '../lib/process.js';
import type { ExitCode } from './exitCode.js';

/** The parts that can run by themselves, each with its name in the log and what runs it. */
const PROCESSES = {
  all: { name: 'sendproof', load: async () => (await import('../start/product.js')).runProduct },
  api: {
    name: 'sendproof-api',
    load: async () => (await import('../api/process.js')).runApiProcess,
  },
  worker: {
    name: 'sendproof-worker',
    load: async () => (await import('../worker/process.js')).runWorkerProcess,
  },
  ingest: {
    name: 'sendproof-ingest',
    load: async () => (await import('../ingest/process.js')).runIngestProcess,
  },
} satisfies Record<
  string,
  { name: string; load: () => Promise<(context: ProcessContext) => Promise<void>> }
>;

export type StartedPart = keyof typeof PROCESSES;

/** Runs until a signal stops it, or a part fails; then the process ends. */
export async function start(
  part: StartedPart,
  { environment }: { environment: NodeJS.ProcessEnv },
): Promise<ExitCode> {
  const { name, load } = PROCESSES[part];
  const run = await load();
  return await runProcess(name, environment, run);
}
