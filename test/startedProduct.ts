/** `npm start` as a process of its own, in a directory of its own, for tests that use it as a person does. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, vi } from 'vitest';
import { eventually } from './eventually.js';

/** Whole products come up and go down, on machines with other things to do. */
const START_TIMEOUT_MS = 90_000;

const run = promisify(execFile);

export class StartedProduct {
  /** Resolves with the exit code; null where a signal ended it. */
  readonly exitCode: Promise<number | null>;
  /** All that it has written so far. */
  output = '';
  readonly #process: ReturnType<typeof spawn>;

  constructor(command: string, args: readonly string[], environment: NodeJS.ProcessEnv) {
    const child = spawn(command, args, {
      env: environment,
      // A process group of its own, as a terminal gives it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (this.output += chunk));
    }
    this.exitCode = once(child, 'close').then(([code]) => code as number | null);
    this.#process = child;
  }

  /** To the whole process group, as Ctrl-C does. */
  signal(name: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, name);
  }

  /** Resolves when it shows its addresses and what to try. */
  async welcomed(): Promise<void> {
    const shown = vi.waitFor(() => expect(this.output).toMatch(/Try:\n\n(?: {2}.*\n)+/), {
      timeout: START_TIMEOUT_MS,
    });
    const ended = this.exitCode.then((code) => {
      throw new Error(`it ended with exit code ${String(code)}:\n${this.output}`);
    });
    await Promise.race([shown, ended]);
  }

  /** The address after this name, as the welcome shows it. */
  address(name: string): string {
    return new RegExp(`^  ${name} +(\\S+)`, 'm').exec(this.output)?.[1] ?? '';
  }

  /** The commands to try: the first posts a message, the second looks at what came of it. */
  commands(): { post: string; look: string } {
    const [post = '', look = ''] = this.output.split(/^ {2}curl /m).slice(1);
    return { post: `curl -s ${post}`, look: `curl -s ${look.split('\n')[0] ?? ''}` };
  }
}

/** A directory for everything that one test's products keep, and the environment that they start in. */
export class StartDirectory {
  readonly environment: NodeJS.ProcessEnv;
  readonly #directory: string;
  readonly #products: StartedProduct[] = [];

  private constructor(directory: string) {
    this.#directory = directory;
    this.environment = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      SENDPROOF_CONFIG: join(directory, 'sendproof.yaml'),
      SENDPROOF_DATA_DIR: join(directory, 'data'),
      TEMPORAL_CLI_PATH: inject('temporalCliPath'),
      // Not what this user has set up for other Temporal services.
      TEMPORAL_CONFIG_FILE: join(directory, 'none.toml'),
      PORT: '0',
      SANDBOX_PORT: '0',
      TEMPORAL_PORT: '0',
      TEMPORAL_UI_PORT: '0',
    };
  }

  /** @param configuration the text of its sendproof.yaml */
  static async create(configuration = '{}'): Promise<StartDirectory> {
    const directory = await mkdtemp(join(tmpdir(), 'sendproof-'));
    await writeFile(join(directory, 'sendproof.yaml'), configuration);
    return new StartDirectory(directory);
  }

  /** Starts what `npm start` starts, without npm, and whatever becomes of it. */
  launch(command = process.execPath, args = [resolve('dist/src/start/main.js')]): StartedProduct {
    const product = new StartedProduct(command, args, this.environment);
    this.#products.push(product);
    return product;
  }

  /** As `launch`; resolves when it shows its addresses. */
  async start(command?: string, args?: string[]): Promise<StartedProduct> {
    const product = this.launch(command, args);
    await product.welcomed();
    return product;
  }

  /** Of the processes that have this directory on their command line, the id and the command line. */
  async processes(): Promise<{ pid: number; command: string }[]> {
    const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
    const lines = stdout.split('\n').filter((line) => line.includes(this.#directory));
    return lines.map((line) => ({ pid: Number.parseInt(line), command: line }));
  }

  /** Ends all that was started here, and removes the directory. */
  async remove(): Promise<void> {
    for (const product of this.#products) {
      product.signal('SIGKILL');
      await product.exitCode;
    }
    await eventually(async () => expect(await this.processes()).toEqual([]));
    await rm(this.#directory, { recursive: true, force: true });
  }
}
