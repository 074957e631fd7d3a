/** The field types that the configuration's schemas share. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { durationMs } from '../duration.js';

/** The configuration can't be used. The message names the variable or the field, and the remedy. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** A TCP port; 0: any that is free. */
export const portNumber = z.coerce.number().int().min(0).max(65_535);

type SecretReference = { env: string } | { file: string };

/**
 * Where a secret is, never the secret: it is read when it is used, so that a process that doesn't use it need not have
 * it, and it shows as its whereabouts in whatever prints or serialises it.
 */
export class Secret {
  readonly #reference: SecretReference;

  constructor(reference: SecretReference) {
    this.#reference = reference;
  }

  /** Reads the secret now. Throws a ConfigurationError that names the variable or file that is missing or empty. */
  reveal(): string {
    const value =
      'env' in this.#reference
        ? process.env[this.#reference.env]
        : readSecret(this.#reference.file);
    if (value !== undefined && value.trim() !== '') return value.trim();
    throw new ConfigurationError(
      'env' in this.#reference
        ? `The environment variable ${this.#reference.env} is not set: it should hold a secret of the configuration.`
        : `The file ${this.#reference.file} is missing or empty: it should hold a secret of the configuration.`,
    );
  }

  toString(): string {
    return 'env' in this.#reference ? `$${this.#reference.env}` : this.#reference.file;
  }

  toJSON(): string {
    return this.toString();
  }
}

function readSecret(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** `{ env: NAME }` or `{ file: PATH }`. */
export const secret = z
  .union([z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })])
  .transform((reference) => new Secret(reference));

/** Messages per second, or `off`. Temporal takes no rate below that of one an hour for more than a pause. */
const perSecond = z.union([
  z.literal('off'),
  z
    .number('must be a number of messages per second, or "off"')
    .min(1 / 3_600, 'must be at least one an hour (0.0003), or "off"')
    .max(100_000),
]);

/** How fast messages go out at most, in messages per second. */
export interface AccountLimits {
  /** To each channel, chat or webhook. */
  perDestination: number | 'off';
  /** Through the whole account. */
  perAccount: number | 'off';
}

/** What every account may set, whatever its platform. Spread into the platform's account schema. */
export const accountPolicyFields = {
  /** How long one request to the platform may take. */
  requestTimeout: durationMs.default(10_000),
  /** The name of a retry profile. */
  retry: z.string().default('default'),
  /** How fast messages go out, in messages per second; what is left out is the platform's default. */
  limits: z
    .strictObject({ perDestination: perSecond.optional(), perAccount: perSecond.optional() })
    .default({}),
};
export interface AccountPolicy {
  requestTimeout: number;
  retry: string;
  limits: { [Limit in keyof AccountLimits]?: AccountLimits[Limit] | undefined };
}
