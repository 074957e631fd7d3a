/** `sendproof prove`: shows that a worker's death at the worst moment neither loses a post nor repeats one. */
import { pino, type Logger } from 'pino';
import { Parts } from '../lib/parts.js';
import { stopSignal } from '../lib/process.js';
import { prove as proveKills } from '../prove/prove.js';
import { renderVerdict } from '../prove/verdict.js';
import type { CommandContext } from './command.js';
import { FailureError } from './errors.js';
import { ExitCode } from './exitCode.js';
import type { Output } from './output.js';

export interface ProveOptions {
  kills: number;
  keepOpen?: boolean;
}

/** Of a process that a signal stopped: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

export async function prove(
  { keepOpen, kills }: ProveOptions,
  { environment, output }: CommandContext,
): Promise<ExitCode> {
  const log = remarksOf(output);
  const parts = new Parts(log);
  const stopping = new AbortController();
  const stopped = stopSignal().then(() => stopping.abort());
  const bar = output.progressBar(kills);
  const interrupted = stopped.then(() => undefined);
  try {
    const work = proveKills({
      kills,
      environment,
      log,
      parts,
      signal: stopping.signal,
      onStart: ({ messages, page }) => {
        output.remark(`Every post is shown at ${page}, every message at ${messages}.`);
        output.remark(`A worker is killed ${kills} times, which takes about two seconds for each.`);
      },
      onKill: (count) => bar.update(count),
    });
    const verdict = await Promise.race([work, interrupted]).finally(() => bar.stop());
    // A start that the signal interrupted would keep this process alive.
    if (!verdict) return await endInterrupted(parts, output);
    output.result(verdict, renderVerdict);
    if (keepOpen) {
      output.remark('The pages stay open until Ctrl-C.');
      await interrupted;
    }
    return verdict.proven ? ExitCode.done : ExitCode.failed;
  } catch (error) {
    if (stopping.signal.aborted) return await endInterrupted(parts, output);
    throw new FailureError(`The proof could not be finished. ${(error as Error).message}`);
  } finally {
    bar.stop();
    await parts.stop();
  }
}

async function endInterrupted(parts: Parts, output: Output): Promise<never> {
  await parts.stop();
  output.remark('Stopped before the end. Nothing is left: no process and no file.');
  process.exit(INTERRUPTED);
}

/** What the installation says while it starts, as that it fetches the Temporal server. */
function remarksOf(output: Output): Logger {
  const write = (line: string): void => {
    const { msg } = JSON.parse(line) as { msg?: string };
    if (msg !== undefined) output.remark(msg);
  };
  return pino({ level: 'info' }, { write });
}
