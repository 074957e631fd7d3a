import { spawnSync } from 'node:child_process';
import { ConfigurationError } from './configurationError.js';

/** Key management services answer within seconds. */
const TIMEOUT_MS = 20_000;

/** A secret that a command prints. It is run each time that the secret is read. Printed or serialised, it shows the command's name. */
export class SecretCommand {
  readonly #command: readonly string[];
  readonly #environment: NodeJS.ProcessEnv;

  /** @param command the program and its arguments; no shell reads them */
  constructor(command: readonly string[], environment: NodeJS.ProcessEnv = process.env) {
    this.#command = command;
    this.#environment = environment;
  }

  /**
   * Runs the command, and waits for it. Its error output goes to that of this process.
   *
   * @throws ConfigurationError where it can't be run, fails, or prints nothing
   */
  reveal(): string {
    const [program = '', ...parameters] = this.#command;
    const { error, signal, status, stdout } = spawnSync(program, parameters, {
      env: this.#environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: TIMEOUT_MS,
    });
    const { code = 'unknown error' } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
    if (code === 'ETIMEDOUT') throw this.#fault(`didn’t end within ${TIMEOUT_MS / 1_000} s`);
    if (error) throw this.#fault(`can’t be run (${code})`);
    if (status !== 0) throw this.#fault(`ended with ${signal ?? `status ${status ?? '?'}`}`);
    const value = stdout.trim();
    if (value === '') throw this.#fault('printed nothing');
    return value;
  }

  toString(): string {
    return this.#command[0] ?? '';
  }

  toJSON(): string {
    return this.toString();
  }

  #fault(what: string): ConfigurationError {
    return new ConfigurationError(
      `The command ${this.toString()} ${what}. It must print a secret that the configuration refers to.`,
    );
  }
}
