import { ConfigurationError } from './configurationError.js';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { own } from './own.js';

type SecretReference = { env: string } | { file: string };

/**
 * A reference to a secret, not the secret. The secret is read when it is used, so that a process that doesn't use it need
 * not have it. Printed or serialised, it shows the name of its variable or file.
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
      const value = own(this.#environment, env)?.trim() ?? '';
      if (value !== '') return value;
      throw new ConfigurationError(
        `The environment variable ${env} is not set. It must contain a secret that the configuration refers to.`,
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
    `The file ${file} is missing or empty. It must contain a secret that the configuration refers to.`,
    { cause },
  );
}

let parsedEnvironment: NodeJS.ProcessEnv = process.env;

/**
 * Calls `parse`; the secrets in its result are read from this environment. Zod passes no context to transforms, so `secret`
 * takes the environment from a variable. That works because parsing is synchronous.
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

/** The environment that secrets are read from which are parsed now. */
export function parsedSecretsEnvironment(): NodeJS.ProcessEnv {
  return parsedEnvironment;
}

/** The error doesn't quote it: people write the secret itself where its variable's name belongs. */
const variableName = z
  .string()
  .regex(
    /^[A-Za-z_]\w*$/,
    'must be the name of an environment variable (letters, digits and _), not the secret itself',
  );

/** `{ env: NAME }` or `{ file: PATH }`. */
export const secret = z
  .union([z.strictObject({ env: variableName }), z.strictObject({ file: z.string().min(1) })], {
    error: 'must be { env: NAME } or { file: PATH }',
  })
  .transform((reference) => new Secret(reference, parsedEnvironment));
