import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ICachePlugin } from '@azure/msal-node';

/**
 * Keeps MSAL's token cache in a file that only its owner may read. The file is replaced atomically, so that a concurrent
 * reader gets either version. If two processes renew at the same moment, the later one's tokens stay; both are valid.
 */
export function tokenCacheFile(path: string): ICachePlugin {
  return {
    async beforeCacheAccess({ tokenCache }) {
      const content = await readExisting(path);
      if (content !== undefined) tokenCache.deserialize(content);
    },
    async afterCacheAccess({ tokenCache, cacheHasChanged }) {
      if (!cacheHasChanged) return;
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const written = `${path}.${randomUUID()}`;
      await writeFile(written, tokenCache.serialize(), { mode: 0o600 });
      await rename(written, path);
    },
  };
}

async function readExisting(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
