/** The configuration can't be used. The message names the variable or the field, and the remedy. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
