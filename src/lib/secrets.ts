/** Several secrets for one purpose: while one replaces another. */
import { z } from 'zod';
import { ConfigurationError } from './configurationError.js';
import { secret, type Secret } from './secret.js';

/** One secret, or several while one replaces another. The first is the newest. */
export const secretsSchema = z
  .union([secret, z.array(secret).min(1, 'must have a secret').max(5)], {
    error: 'must be { env: NAME } or { file: PATH }, or a list of these',
  })
  .transform((given) => [given].flat());

/**
 * The secrets that there are: an old one may be removed from the environment before it is removed from the configuration.
 *
 * @throws ConfigurationError where there is none
 */
export function revealed(secrets: readonly Secret[]): string[] {
  let fault: ConfigurationError | undefined;
  const texts = secrets.flatMap((each) => {
    try {
      return [each.reveal()];
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      fault ??= error;
      return [];
    }
  });
  if (texts.length === 0 && fault !== undefined) throw fault;
  return texts;
}
