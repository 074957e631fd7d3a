/** The SQLite file of the embedded Temporal server. */
import { open, rm } from 'node:fs/promises';
import { ConfigurationError } from '../lib/configurationError.js';

/** https://www.sqlite.org/fileformat.html */
const SQLITE_HEADER = 'SQLite format 3\0';

/**
 * Makes sure that the server can open the file, or create it. An empty file, which a start that was killed leaves behind, is
 * removed, because the server creates its tables only in a new one.
 *
 * @throws ConfigurationError where it is something else, or belongs to another user
 */
export async function checkDatabaseFile(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+');
    try {
      const { size } = await file.stat();
      const { buffer } = await file.read(Buffer.alloc(SQLITE_HEADER.length), 0, undefined, 0);
      if (size > 0 && buffer.toString('latin1') !== SQLITE_HEADER) {
        throw unusableDatabase(path, 'it is not a SQLite database');
      }
      if (size === 0) await rm(path);
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (error instanceof ConfigurationError) throw error;
    throw unusableDatabase(path, `it can’t be opened for writing (${code ?? 'unknown'})`, error);
  }
}

/** @param why completes "can't be used: " */
export function unusableDatabase(path: string, why: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    `${path}, the database of the embedded Temporal server, can’t be used: ${why}. Move it away, restore a copy of it, or set SENDPROOF_DATA_DIR to another directory.`,
    { cause },
  );
}
