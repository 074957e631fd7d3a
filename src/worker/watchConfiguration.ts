import { unwatchFile, watchFile } from 'node:fs';
import type { Logger } from 'pino';
import type { Configuration } from '../config/configuration.js';
import { ConfigurationError } from '../lib/configurationError.js';

/** Polling a file costs nothing; unlike its events, that also works on network drives and with files that are replaced. */
const INTERVAL_MS = 1_000;

/**
 * Reads the configuration again whenever its file changes, and applies it. One that can't be used, or not be applied, is
 * logged, and what was there stays.
 *
 * @param reload as `loadConfiguration`
 * @returns what ends the watching
 */
export function watchConfiguration(
  { file }: Configuration,
  reload: () => Configuration,
  apply: (configuration: Configuration) => Promise<void>,
  log: Logger,
): () => void {
  if (file === undefined) return () => undefined;
  const look = (): void => {
    let changed: Configuration;
    try {
      changed = reload();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      log.error(`The changed configuration can’t be used, the one before stays: ${error.message}`);
      return;
    }
    apply(changed).catch((error: unknown) => {
      log.error({ err: error }, 'The changed configuration could not be applied');
    });
  };
  watchFile(file, { interval: INTERVAL_MS, persistent: false }, look);
  return () => {
    unwatchFile(file, look);
  };
}
