/** One of the product's own processes, which ends with this process. */
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { spawnKept } from '../embedded/keptProcess.js';
import { withinTime } from '../lib/deadline.js';

/** In the compiled product, where this file is in `dist/src/prove`. */
const EXECUTABLES = { api: '../api/main.js', worker: '../../worker.js' };

/** Loading the SDK takes a second on an idle machine, and many on a busy one. */
const START_TIMEOUT_MS = 60_000;

export interface KeptExecutable {
  /** The line of the log that says that it is at work. */
  readonly started: { url?: string };
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
  /** Lets it finish, for at most `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Resolves when the log has this line.
 *
 * @throws Error with the last line of its log, if the process ends before or takes too long
 */
export async function startExecutable(
  name: keyof typeof EXECUTABLES,
  { environment, line }: { environment: NodeJS.ProcessEnv; line: string },
): Promise<KeptExecutable> {
  const path = fileURLToPath(new URL(EXECUTABLES[name], import.meta.url));
  const child = spawnKept(process.execPath, [path], { environment });
  let last = '';
  const found = new Promise<{ url?: string }>((resolve) => {
    createInterface(child.stdout).on('line', (text) => {
      last = text;
      const entry = parsed(text);
      if (entry.msg === line) resolve(entry);
    });
  });
  createInterface(child.stderr).on('line', (text) => (last = text));
  const failed = (how: string): Error =>
    new Error(`The ${name} ${how}. The last line of its log: ${last || '(none)'}`);
  try {
    const ended = child.exited.then((code) => {
      throw failed(`ended while it started, with exit code ${code}`);
    });
    const started = await withinTime(Promise.race([found, ended]), START_TIMEOUT_MS, {
      late: () => failed(`did not start within ${START_TIMEOUT_MS / 1_000} s`),
    });
    return { started, kill: () => child.kill(), stop: (graceMs) => child.stop(graceMs) };
  } catch (error) {
    await child.kill();
    throw error;
  }
}

function parsed(line: string): { msg?: string; url?: string } {
  try {
    return JSON.parse(line) as { msg?: string; url?: string };
  } catch {
    return {};
  }
}
