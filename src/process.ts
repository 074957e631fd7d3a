/** What the executables share: how a process fails, and how it is asked to stop. */
import type { Logger } from 'pino';
import { ConfigurationError } from './config/fields.js';

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

/** Resolves with the first SIGINT or SIGTERM. A second one ends the process at once. */
export async function stopSignal(): Promise<NodeJS.Signals> {
  return await new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve(signal);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
