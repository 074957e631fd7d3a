/** Child processes that end with this process. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/**
 * The keeper runs the command and watches a pipe that only this process holds open: the kernel closes it whenever this
 * process ends, by SIGKILL too, and then the whole process group is killed. SIGTERM is for the command; the keeper stays until the
 * command has gone (the trap ends a wait early), so that its own exit means the command's. POSIX shell: there is one on every Linux and macOS, it
 * starts in a millisecond, and unlike a Node program it takes no memory to speak of. Files that the command makes, as a database of
 * messages, are this user's alone.
 */
const KEEPER = `
umask 077
exec 3<&0 </dev/null
"$@" 3<&- &
kept=$!
{ while read -r _ <&3; do :; done; kill -KILL 0; } >/dev/null 2>&1 &
watcher=$!
exec 3<&-
trap : TERM
wait "$kept"
status=$?
while kill -0 "$kept" 2>/dev/null; do wait "$kept"; status=$?; done
kill "$watcher" 2>/dev/null
exit "$status"
`;

export interface KeptProcess {
  /** The id of the group that the command and what it starts are in; undefined if the keeper can't be started. */
  readonly processGroup: number | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * Resolves with the exit code once the command has ended and all its output was read (128 + n for signal n). Rejects if the
   * keeper can't be started. The exit code is 127 if the command doesn't exist, and 126 if it isn't executable.
   */
  readonly exited: Promise<number>;
  /** Sends SIGTERM, and after `graceMs` SIGKILL to what is still running. Resolves when all has ended. */
  stop(graceMs: number): Promise<void>;
  /** Sends SIGKILL to the whole process group. Resolves when all has ended. */
  kill(): Promise<void>;
}

/** Starts a command in a process group of its own, so that the terminal's Ctrl-C reaches this process only. */
export function spawnKept(
  command: string,
  args: readonly string[],
  options: { environment?: NodeJS.ProcessEnv; cwd?: string } = {},
): KeptProcess {
  const keeper: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    '/bin/sh',
    ['-c', KEEPER, 'sendproof-keeper', command, ...args],
    {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: options.environment ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    },
  );
  // Nothing is written to the pipe. That it is closed shows in `exited`.
  keeper.stdin.on('error', () => undefined);
  const exited = once(keeper, 'close').then(([code]) => (code as number | null) ?? 137);
  // Whoever waits for `exited` is told; without anybody, it must not count as an unhandled rejection.
  exited.catch(() => undefined);

  const signalGroup = (signal: NodeJS.Signals): void => {
    if (keeper.pid === undefined || keeper.exitCode !== null || keeper.signalCode !== null) return;
    process.kill(-keeper.pid, signal);
  };
  return {
    processGroup: keeper.pid,
    stdout: keeper.stdout,
    stderr: keeper.stderr,
    exited,
    async stop(graceMs) {
      signalGroup('SIGTERM');
      const force = setTimeout(() => {
        signalGroup('SIGKILL');
      }, graceMs);
      await exited.catch(() => undefined);
      clearTimeout(force);
    },
    async kill() {
      signalGroup('SIGKILL');
      await exited.catch(() => undefined);
    },
  };
}
