/** The product's own executables as processes, for tests that kill them. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { vi } from 'vitest';
import type { Harness } from '../harness.js';

const EXECUTABLES = {
  worker: 'dist/worker.js',
  api: 'dist/src/api/main.js',
  ingest: 'dist/src/ingest/main.js',
};

/** Loading the SDK takes a second on an idle machine, and many on a busy one. */
const START_TIMEOUT_MS = 60_000;

/** The kernel's unit of processor time for programs, on every platform that Node.js runs on. */
const TICKS_PER_SECOND = 100;

export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

export class ProductProcess {
  /** Resolves with the exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  readonly log: LogLine[] = [];
  readonly #process: ReturnType<typeof spawn>;

  /** @param environment what it has besides the little that every process needs */
  constructor(executable: keyof typeof EXECUTABLES, environment: NodeJS.ProcessEnv) {
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, [resolve(EXECUTABLES[executable])], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH, HOME, ...environment },
    });
    createInterface(child.stdout).on('line', (line) => {
      this.log.push(JSON.parse(line) as LogLine);
    });
    this.exited = once(child, 'close').then(([code]) => code as number | null);
    this.#process = child;
  }

  /** What it has in memory at this moment. */
  residentMemoryMib(): number {
    const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(this.#process.pid)]);
    return Number(String(stdout)) / 1_024;
  }

  /** The processor time that it has used so far, from `/proc`, as Linux has it. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8');
    // After the name of the command, which is in parentheses: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Resolves with the log line of that message once it was written. */
  async logged(message: string): Promise<LogLine> {
    return await vi.waitFor(
      () => {
        const line = this.log.find(({ msg }) => msg === message);
        if (line) return line;
        throw new Error(`"${message}" is not logged yet: ${JSON.stringify(this.log)}`);
      },
      { timeout: START_TIMEOUT_MS, interval: 20 },
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Sends the signal and resolves with the exit code when the process is gone. */
  async kill(signal: NodeJS.Signals): Promise<number | null> {
    this.signal(signal);
    return await this.exited;
  }
}

/** What makes a process work in the same namespace, and with the same accounts, as the harness. */
export function environmentOf(harness: Harness): NodeJS.ProcessEnv {
  return {
    TEMPORAL_ADDRESS: harness.temporalAddress,
    TEMPORAL_NAMESPACE: harness.namespace,
    SENDPROOF_CONFIG: harness.configurationFile,
    SENDPROOF_TEST_KEY: process.env.SENDPROOF_TEST_KEY,
    PORT: '0',
  };
}

/** Starts a worker process, which ends with the harness at the latest; resolves when it polls. */
export async function startWorkerProcess(
  harness: Harness,
  environment: NodeJS.ProcessEnv = {},
): Promise<ProductProcess> {
  const worker = new ProductProcess('worker', { ...environmentOf(harness), ...environment });
  harness.closeWith(() => worker.kill('SIGKILL'));
  await worker.logged('The worker runs');
  return worker;
}

/** Starts an API process, which ends with the harness at the latest; resolves when it listens. */
export async function startApiProcess(
  harness: Harness,
  environment: NodeJS.ProcessEnv = {},
): Promise<{ url: string; process: ProductProcess }> {
  const api = new ProductProcess('api', { ...environmentOf(harness), ...environment });
  harness.closeWith(() => api.kill('SIGKILL'));
  const { url } = await api.logged('The API listens');
  return { url: String(url), process: api };
}

/** Starts a process that consumes the queues; it ends with the harness at the latest. Resolves when it has begun. */
export async function startIngestProcess(
  harness: Harness,
  environment: NodeJS.ProcessEnv = {},
): Promise<ProductProcess> {
  const ingest = new ProductProcess('ingest', { ...environmentOf(harness), ...environment });
  harness.closeWith(() => ingest.kill('SIGKILL'));
  await ingest.logged('The queue is consumed');
  return ingest;
}
