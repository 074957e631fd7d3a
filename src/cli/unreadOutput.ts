/** What becomes of the output that nobody reads any longer, as after `sendproof list --all | head`. */
import type { Writable } from 'node:stream';

/** Drops it: the exit code stays that of the outcome. */
export function dropWhatNobodyReads(stream: Writable): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
