/** The `sendproof` command in this process, with streams that a test can read. */
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { WriteStream } from 'node:tty';
import { runCli } from '../src/cli/program.js';

export interface CommandRun {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  /** All that the command sees of the environment. */
  environment?: NodeJS.ProcessEnv;
  stdin?: string;
  /** The columns of the terminal that standard output is; absent: it is a pipe. */
  columns?: number;
  /** A person sits at standard input, and reads standard error. */
  interactive?: boolean;
  /** The present time; by default the system's. */
  now?: Date;
  /** The reader's, as `Europe/Berlin`; by default UTC. */
  timeZone?: string;
}

export async function runSendproof(
  args: string[],
  {
    environment = {},
    stdin = '',
    columns,
    interactive = false,
    now,
    timeZone = 'UTC',
  }: CommandOptions = {},
): Promise<CommandRun> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const exitCode = await runCli(args, {
    environment,
    stdin: Object.assign(Readable.from([stdin]), { isTTY: interactive }),
    stdout: columns === undefined ? stdout : asTerminal(stdout, columns),
    stderr: interactive ? asTerminal(stderr, 100) : stderr,
    time: { now: () => now ?? new Date(), timeZone },
  });
  stdout.end();
  stderr.end();
  return { exitCode, stdout: await text(stdout), stderr: await text(stderr) };
}

/** A terminal's stream as far as the command looks at it; how many colours it has is for Node to say. */
function asTerminal(stream: PassThrough, columns: number): PassThrough {
  const getColorDepth = (environment?: object) => WriteStream.prototype.getColorDepth(environment);
  return Object.assign(stream, { isTTY: true, columns, getColorDepth });
}
