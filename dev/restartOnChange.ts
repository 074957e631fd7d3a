/**
 * `npm run dev`: runs a compiled program, and when a source file changes, compiles again and restarts the program. The
 * program is stopped by SIGTERM and has ended before it is started again, so it keeps its data. After a failed compilation,
 * or when the program has ended by itself, the next change starts it.
 *
 * Not a ready-made watcher: those signal the program's whole process tree, so that the embedded Temporal server would stop
 * before the worker has finished, or restart for each compiled file.
 *
 * Usage: node dist/dev/restartOnChange.js <program> [<argument> ...], in the folder of package.json
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const WATCHED = ['src', 'worker.ts'];
const POLL_INTERVAL_MS = 300;

const program = process.argv.slice(2);
let running: ChildProcess | undefined;
const stop = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stop.abort();
    // A second signal makes the program end at once, so each one is passed on.
    // What it runs takes SIGHUP as the wish to read its configuration again.
    if (running) running.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    else process.exit();
  });
}

// Before the start: what changes while the program starts is a change, too.
let seen = await newestChange();
start();
while (!stop.signal.aborted) {
  await sleep(POLL_INTERVAL_MS);
  const changed = await newestChange();
  if (changed === seen) continue;
  seen = changed;
  show('a file has changed: compiling');
  if (await compiles()) await restart();
  else show('waiting for the next change');
}

function start(): void {
  const child = spawn(process.execPath, program, { stdio: 'inherit' });
  running = child;
  child.once('exit', (code, signal) => {
    running = undefined;
    if (stop.signal.aborted) process.exit(code ?? 1);
    show(`the program has ended (${signal ?? `exit code ${code ?? 1}`})`);
  });
}

async function restart(): Promise<void> {
  if (stop.signal.aborted) return;
  const previous = running;
  if (previous) {
    const ended = once(previous, 'exit');
    previous.kill('SIGTERM');
    await ended;
  }
  start();
}

async function compiles(): Promise<boolean> {
  const compiler = spawn('npm', ['run', '--silent', 'compile'], { stdio: 'inherit' });
  const [code] = (await once(compiler, 'exit')) as [number | null];
  return code === 0;
}

/**
 * When a source file or a folder of them last changed, in milliseconds since the epoch. Reading the times costs a few
 * milliseconds, and notices every way in which an editor saves a file.
 */
async function newestChange(): Promise<number> {
  const inFolders = await Promise.all(
    WATCHED.map(async (path) => {
      const names = await readdir(path, { recursive: true }).catch(() => []);
      return [path, ...names.map((name) => join(path, name))];
    }),
  );
  const times = inFolders.flat().map(async (path) => {
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
    return mtimeMs;
  });
  return Math.max(...(await Promise.all(times)));
}

function show(what: string): void {
  process.stderr.write(`dev: ${what}\n`);
}
