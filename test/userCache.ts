/** Programs that tests need and that are built or downloaded once for each user. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';

/**
 * Makes this directory of the user's cache where it is missing. One that is there is complete, also where another test makes the
 * same at the same time: its name comes last.
 *
 * @param name of the directory, with the version of what is in it
 * @param make puts everything into the directory that it is given, and rejects where it can't
 */
export async function installedOnce(
  name: string,
  make: (directory: string) => Promise<unknown>,
): Promise<string> {
  const { cache } = envPaths('sendproof', { suffix: '' });
  const directory = join(cache, name);
  if (existsSync(directory)) return directory;
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, `unfinished-${name}-`));
  try {
    await make(unfinished);
    await rename(unfinished, directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error;
    });
    return directory;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
