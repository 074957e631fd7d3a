/** Several processes of the product side by side, as in production. */
import type { Acceptance, Answer, Harness } from '../harness.js';
import { startApiProcess, startWorkerProcess, type ProductProcess } from './productProcess.js';

export interface FleetSize {
  /** 0: requests go to the harness's own. */
  apis: number;
  workers: number;
}

export interface Fleet {
  readonly apis: readonly ProductProcess[];
  readonly workers: readonly ProductProcess[];
  /** The addresses of the APIs, one after the other. */
  nextUrl(): string;
  /** Through one API after the other. */
  send(message: object): Promise<Answer<Acceptance>>;
  /** Kills one worker after the other, and starts a new one in its place. */
  replaceWorker(): Promise<void>;
  /** Kills all that still run. */
  kill(): Promise<void>;
}

/**
 * They end with the harness at the latest. Resolves when all are at work.
 *
 * @param environment what they have besides what makes them the harness's
 */
export async function startFleet(
  harness: Harness,
  size: FleetSize,
  environment: NodeJS.ProcessEnv = {},
): Promise<Fleet> {
  const times = <Started>(count: number, start: () => Promise<Started>): Promise<Started[]> =>
    Promise.all(Array.from({ length: count }, start));
  const [apis, workers] = await Promise.all([
    times(size.apis, () => startApiProcess(harness, environment)),
    times(size.workers, () => startWorkerProcess(harness, environment)),
  ]);
  let requests = 0;
  const nextUrl = (): string => apis[requests++ % apis.length]?.url ?? harness.api.url;
  return {
    apis: apis.map(({ process }) => process),
    workers,
    nextUrl,
    send: (message) => harness.request('POST', `${nextUrl()}/v1/messages`, message),
    replaceWorker: async () => {
      await workers.shift()?.kill('SIGKILL');
      workers.push(await startWorkerProcess(harness, environment));
    },
    kill: async () => {
      const processes = [...workers, ...apis.map(({ process }) => process)];
      await Promise.all(processes.map((process) => process.kill('SIGKILL')));
    },
  };
}
