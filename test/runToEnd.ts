import { text } from 'node:stream/consumers';
import { spawnKept } from '../src/embedded/keptProcess.js';

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
