import type { Logger } from 'pino';
import type { Parts } from '../../lib/parts.js';
import type { ContentVault } from './contentVault.js';

/** Nobody opens what is over anyway; the bytes of the key are left on the disk for at most so long. */
const EVERY_MS = 5 * 60_000;

/**
 * Destroys the keys of content whose retention has ended, now and from time to time, as a part of the process. Several processes may
 * do so.
 */
export function destroyEndedKeys(
  vault: Pick<ContentVault, 'destroyEnded' | 'directory'>,
  { log, parts }: { log: Logger; parts: Pick<Parts, 'add'> },
): void {
  const { directory } = vault;
  let under: Promise<void> = Promise.resolve();
  const destroy = (): void => {
    under = vault.destroyEnded().then(
      (keys) => {
        if (keys.length > 0)
          log.info({ directory, keys }, 'Content whose retention ended is erased');
      },
      (error: unknown) =>
        log.error(
          { directory, err: error },
          'Keys of content that is to be erased are still there',
        ),
    );
  };
  destroy();
  const timer = setInterval(destroy, EVERY_MS);
  timer.unref();
  parts.add('erasure of content', () => {
    clearInterval(timer);
    return under;
  });
}
