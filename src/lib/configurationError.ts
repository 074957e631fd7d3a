/** The configuration can't be used. The message names the variable or the field, and says how to fix it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
