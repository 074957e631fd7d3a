import { ConfigurationError } from './configurationError.js';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

type SecretReference = { env: string } | { file: string };

/**
 * Where a secret is, never the secret: it is read when it is used, so that a process that doesn't use it need not have
 * it, and it shows as its whereabouts in whatever prints or serialises it.
 */
export class Secret {
  readonly #reference: SecretReference;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(reference: SecretReference, environment: NodeJS.ProcessEnv = process.env) {
    this.#reference = reference;
    this.#environment = environment;
  }

  /** Reads the secret now. Throws a ConfigurationError that names the variable or file that is missing or empty. */
  reveal(): string {
    if ('env' in this.#reference) {
      const { env } = this.#reference;
      const value = this.#environment[env]?.trim() ?? '';
      if (value !== '') return value;
      throw new ConfigurationError(
        `The environment variable ${env} is not set: it should hold a secret of the configuration.`,
      );
    }
    return readSecret(this.#reference.file);
  }

  toString(): string {
    return 'env' in this.#reference ? `$${this.#reference.env}` : this.#reference.file;
  }

  toJSON(): string {
    return this.toString();
  }
}

function readSecret(file: string): string {
  let cause: unknown;
  try {
    const value = readFileSync(file, 'utf8').trim();
    if (value !== '') return value;
  } catch (error) {
    cause = error;
  }
  throw new ConfigurationError(
    `The file ${file} is missing or empty: it should hold a secret of the configuration.`,
    { cause },
  );
}

let parsedEnvironment: NodeJS.ProcessEnv = process.env;

/**
 * Has the secrets that `parse` finds read from this environment. Zod gives its transforms no context of the parse that they
 * are part of; what is parsed synchronously can find the environment here.
 */
export function withSecretsOf<Parsed>(environment: NodeJS.ProcessEnv, parse: () => Parsed): Parsed {
  const outer = parsedEnvironment;
  parsedEnvironment = environment;
  try {
    return parse();
  } finally {
    parsedEnvironment = outer;
  }
}

/** `{ env: NAME }` or `{ file: PATH }`. */
export const secret = z
  .union([z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })])
  .transform((reference) => new Secret(reference, parsedEnvironment));
