/** Keeps what is in the data directory, messages among it, from other users of the machine. */
import { chmod, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { ConfigurationError } from '../lib/configurationError.js';

const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;
/** The bits of a mode that are the group's, and those of all other users. */
const GROUP = 0o070;
const OTHERS = 0o007;

/**
 * Takes the rights of others off the directory and the files in it, as earlier releases left them, and says so in the log.
 *
 * @throws ConfigurationError where another user owns the directory, or could read it all the same
 */
export async function keepPrivate(directory: string, log: Logger): Promise<void> {
  const user = process.getuid?.();
  // On Windows, which has no such rights.
  if (user === undefined) return;
  const before = await stat(directory);
  if (before.uid === user && isOpen(before.mode)) {
    // Where it isn't possible, the rights are as they were, which is said below.
    await chmod(directory, PRIVATE_DIRECTORY).catch(() => undefined);
  }
  const { mode, uid } = await stat(directory);
  const fault = directoryFault({ mode, uid }, user);
  if (fault !== undefined) {
    throw new ConfigurationError(
      `The data directory ${directory} can’t be used: ${fault}, and it has messages in clear. Run "chown ${user} ${directory} && chmod 700 ${directory}", or set SENDPROOF_DATA_DIR to a directory of this user’s alone.`,
    );
  }
  if (mode !== before.mode) {
    log.warn(
      { directory, mode: octal(before.mode) },
      'Other users could read the data directory. It is now this user’s alone (mode 0700)',
    );
  }
  if (uid === user) await narrowFiles(directory, user);
}

/** What is wrong with the owner and the rights of a directory, for this user; undefined if nothing is. Completes "can’t be used: ". */
export function directoryFault(
  { mode, uid }: { mode: number; uid: number },
  user: number,
): string | undefined {
  // root reads everything anyway; the volumes of containers are often its own, and shared by a group.
  if (uid !== user && uid !== 0) return `another user (${uid}) owns it`;
  const open = uid === user ? GROUP | OTHERS : OTHERS;
  return (mode & open) === 0 ? undefined : `other users can read it (mode ${octal(mode)})`;
}

async function narrowFiles(directory: string, user: number): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => join(directory, name));
  for (const file of files) {
    // Another file that is gone by now was no message's. The directory keeps others out of all of them.
    const stats = await stat(file).catch(() => undefined);
    if (stats?.uid !== user || !isOpen(stats.mode)) continue;
    await chmod(file, PRIVATE_FILE).catch(() => undefined);
  }
}

function isOpen(mode: number): boolean {
  return (mode & (GROUP | OTHERS)) !== 0;
}

/** As `0755`. */
function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
