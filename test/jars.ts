/** Servers that Maven's registry has, for proofs: without containers. Needs Java 17 and Maven. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { spawnKept } from '../src/embedded/keptProcess.js';
import { LOOPBACK } from '../src/lib/ports.js';
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

/** Resolves with the command's output; rejects with what it says where it fails. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: Parameters<typeof spawnKept>[2] = {},
): Promise<string> {
  const child = spawnKept(command, args, options);
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    child.exited,
  ]);
  if (code === 0) return output;
  throw new Error(`${command} ${args.join(' ')}: ${errors.trim() || output.trim()}`);
}

/** Rejects where nothing listens at this port of the machine. */
export async function canConnect(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, LOOPBACK, () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}
