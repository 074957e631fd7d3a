/** What the executables share: how a process starts, fails and stops. */
import { isatty } from 'node:tty';
import type { Logger } from 'pino';
import { ConfigurationError } from './configurationError.js';
import { readVariables, withoutEmptyVariables } from './environment.js';
import { createLogger } from './log.js';
import { Parts } from './parts.js';

/** What a process gets to start its parts. */
export interface ProcessContext {
  environment: NodeJS.ProcessEnv;
  log: Logger;
  /** The process adds each of its parts once it has started. */
  parts: Parts;
}

/**
 * Runs a process that consists of parts, until a signal asks it to stop or one of the parts fails. Then its parts are
 * stopped in the reverse order, and the process ends: with exit code 0 after a signal, with 1 after a failure, which is
 * logged with its cause.
 *
 * @param name of the process, as its log lines show it
 * @param given its environment. What is set to nothing is left out, and a value that can't be used ends the process.
 * @param run starts the parts, waits until they end, and rejects as soon as one of them fails
 */
export async function runProcess(
  name: string,
  given: NodeJS.ProcessEnv,
  run: (context: ProcessContext) => Promise<void>,
): Promise<never> {
  const environment = withoutEmptyVariables(given);
  const log = createLogger(name, environment);
  await runMain(log, async () => {
    readVariables(environment);
    const parts = new Parts(log);
    const stopRequest = stopSignal(() => readAgain(log)).then((signal) => {
      log.info(`${signal}: stopping (a second one ends the process at once)`);
    });
    try {
      await Promise.race([stopRequest, run({ environment, log, parts })]);
    } finally {
      if (!(await parts.stop())) process.exitCode = 1;
    }
  });
  // A part that did not stop, or a start that a signal interrupted, would keep the process alive.
  process.exit();
}

/**
 * Runs the main function of an executable. A ConfigurationError is for the person who started it: its message is logged
 * without a stack. Any other error is logged with its causes. Either way the exit code is 1.
 *
 * An exception or a rejection that nothing handles ends the process at once, with exit code 1, because the state that it
 * left behind is unknown.
 */
export async function runMain(log: Logger, main: () => Promise<void>): Promise<void> {
  process.on('uncaughtException', (error, origin) => {
    log.fatal({ err: error, origin }, 'Stopped by an error that nothing handled');
    process.exit(1);
  });
  try {
    await main();
  } catch (error) {
    process.exitCode = 1;
    if (error instanceof ConfigurationError) {
      log.fatal(error.message);
      if (error.cause !== undefined) log.debug({ err: error.cause }, 'What caused it');
    } else log.fatal({ err: error }, 'Stopped by an unexpected error');
  }
}

/**
 * npm passes on the signal that the terminal has sent to this process already, so one Ctrl-C comes twice. The second one
 * counts after this time.
 */
const SAME_SIGNAL_MS = 500;

/** The signal of a terminal that is closed may come before it is gone. */
const CLOSED_AFTER_MS = 1_000;

const readers = new Set<() => void>();

/**
 * Has this called when a SIGHUP asks the process to read its configuration again.
 *
 * @returns a function that ends that
 */
export function onReloadSignal(read: () => void): () => void {
  // Of its own, so that the same function can be there twice.
  const reader = (): void => read();
  readers.add(reader);
  return () => void readers.delete(reader);
}

/** Has the configuration read again, and says whether anybody does. */
export function requestReload(): boolean {
  for (const reader of [...readers]) reader();
  return readers.size > 0;
}

function readAgain(log: Logger): void {
  if (requestReload()) log.info('SIGHUP: reading the configuration file again');
  else log.warn('SIGHUP: this process has no configuration file to read again');
}

/** The standard streams that are a terminal. */
function terminals(): number[] {
  return [0, 1, 2].filter((descriptor) => isatty(descriptor));
}

/**
 * Resolves with the first SIGINT or SIGTERM, or the SIGHUP of a terminal that was closed. A second one ends the process at once.
 *
 * @param onHangUp is called with every other SIGHUP; without it, that stops the process too
 */
export async function stopSignal(onHangUp?: () => void): Promise<NodeJS.Signals> {
  const atStart = terminals();
  // A terminal that is gone is none any more.
  const isClosed = (): boolean => terminals().length < atStart.length;
  return await new Promise((resolve) => {
    let askedAt: number | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (signal === 'SIGHUP' && onHangUp && !isClosed() && askedAt === undefined) {
        onHangUp();
        if (atStart.length > 0) setTimeout(() => isClosed() && onSignal(signal), CLOSED_AFTER_MS);
        return;
      }
      if (askedAt !== undefined && Date.now() - askedAt > SAME_SIGNAL_MS) process.exit(130);
      askedAt ??= Date.now();
      resolve(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
}
