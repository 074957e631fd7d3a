import { unwatchFile, watchFile } from 'node:fs';
import type { Logger } from 'pino';
import type { Configuration } from '../config/configuration.js';
import { ConfigurationError } from '../lib/configurationError.js';

/** Polling is cheap. Unlike file events it also works on network drives, and with files that are replaced. */
const INTERVAL_MS = 1_000;

/**
 * Reads the configuration again whenever its file changes, and applies it. If the changed configuration is invalid, that is
 * logged, and the previous one stays in use.
 *
 * @param reload as `loadConfiguration`
 * @returns a function that stops watching
 */
export function watchConfiguration(
  { file }: Configuration,
  reload: () => Configuration,
  apply: (configuration: Configuration) => Promise<void>,
  log: Logger,
): () => void {
  if (file === undefined) return () => undefined;
  const onChange = (): void => {
    let changed: Configuration;
    try {
      changed = reload();
    } catch (error) {
      // Nobody could catch it here: it would end the process.
      const sentence = 'The changed configuration is invalid; the previous one stays in use';
      if (error instanceof ConfigurationError) log.error(`${sentence}: ${error.message}`);
      else log.error({ err: error }, sentence);
      return;
    }
    apply(changed).catch((error: unknown) => {
      log.error({ err: error }, 'The changed configuration could not be applied');
    });
  };
  watchFile(file, { interval: INTERVAL_MS, persistent: false }, onChange);
  return () => {
    unwatchFile(file, onChange);
  };
}
