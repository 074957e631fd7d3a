import { statSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { onReloadSignal } from '../lib/process.js';
import { ConfigurationError } from '../lib/configurationError.js';
import type { Configuration } from './configuration.js';

/** Polling is cheap. Unlike file events it also works on network drives, and with files that are replaced. */
const INTERVAL_MS = 1_000;

/**
 * Reads the configuration again whenever its file changes, is replaced, or is another one behind a symbolic link, and when a
 * SIGHUP asks for it, and applies it. If the changed configuration is invalid, that is logged, and the previous one stays in use.
 *
 * @param reload as `loadConfiguration`
 * @param apply rejects, or throws a ConfigurationError, where the changed configuration can't be used
 * @param onOutcome is called with each outcome: whether the file, as it is now, is in use
 * @returns a function that stops watching
 */
export function watchConfiguration(
  { file }: Configuration,
  reload: () => Configuration,
  apply: (configuration: Configuration) => void | Promise<void>,
  log: Logger,
  onOutcome: (isInUse: boolean) => void = () => undefined,
): () => void {
  if (file === undefined) return () => undefined;
  const applyChange = async (): Promise<void> => {
    try {
      await apply(reload());
      onOutcome(true);
    } catch (error) {
      // Nobody could catch it here: it would end the process.
      onOutcome(false);
      const sentence = 'The changed configuration can’t be used; the previous one stays in use';
      if (error instanceof ConfigurationError) log.error(`${sentence}: ${error.message}`);
      else log.error({ err: error }, sentence);
    }
  };
  let known = versionAtStart(file);
  let isLooking = false;
  let isAsked = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    const version = await stat(file).then(versionOf, () => MISSING);
    if (version !== known || isAsked) {
      known = version;
      isAsked = false;
      await applyChange();
    }
    isLooking = false;
  };
  const stopListening = onReloadSignal(() => {
    isAsked = true;
    void look();
  });
  const timer = setInterval(() => void look(), INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    stopListening();
  };
}

const MISSING = 'missing';

function versionOf({ ctimeMs, ino, mtimeMs, size }: Stats): string {
  return [ino, size, mtimeMs, ctimeMs].join();
}

/** Undefined where the file has changed since the process began, so that it may have been read before the change. */
function versionAtStart(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return MISSING;
  return found.ctimeMs > performance.timeOrigin ? undefined : versionOf(found);
}
