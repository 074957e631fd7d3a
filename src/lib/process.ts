/** What the executables share: how a process fails, and how it is asked to stop. */
import type { Logger } from 'pino';
import { ConfigurationError } from './configurationError.js';

/**
 * Runs the main function of an executable. A ConfigurationError is for the person who started it: shown as it is, without
 * a stack. Whatever else is thrown is logged. Either way the exit code is 1.
 */
export async function runMain(log: Logger, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    process.exitCode = 1;
    if (error instanceof ConfigurationError) log.fatal(error.message);
    else log.fatal({ err: error }, 'Stopped by an unforeseen error');
  }
}

/**
 * npm passes on the signal that the terminal has sent to this process already, so one Ctrl-C comes twice. The second one
 * counts after this time.
 */
const SAME_SIGNAL_MS = 500;

/** Resolves with the first SIGINT, SIGTERM or SIGHUP (the terminal was closed). A second one ends the process at once. */
export async function stopSignal(): Promise<NodeJS.Signals> {
  return await new Promise((resolve) => {
    let askedAt: number | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (askedAt !== undefined && Date.now() - askedAt > SAME_SIGNAL_MS) process.exit(130);
      askedAt ??= Date.now();
      resolve(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
}
