/** Servers that Maven's registry has, for proofs: without containers. Needs Java 17 and Maven. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { runToEnd } from './runToEnd.js';
import { installedOnce } from './userCache.js';

/**
 * Gets the jars that a pom.xml names into this user's cache, once for each version of the file. Resolves with their directory,
 * rejects with what `mvn` says where that fails.
 */
export async function installJars(name: string, pom: string): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12);
  return await installedOnce(`${name}-${version}`, async (directory) => {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${directory}`];
    await runToEnd('mvn', ['--quiet', '--batch-mode', '--file', pom, ...goal]);
  });
}
