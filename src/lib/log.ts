import { pino, type Logger } from 'pino';
import { ConfigurationError } from './configurationError.js';
import { readVariables } from './environment.js';

const DEFAULT_LEVEL = 'info';

/**
 * The process's logger: one JSON line for each unit of work, on standard output. Never log content, credentials or a whole
 * request. The redaction here is only a second protection.
 */
export function createLogger(name: string, environment: NodeJS.ProcessEnv): Logger {
  return pino({
    name,
    level: levelOf(environment),
    redact: ['*.authorization', '*.cookie', '*.token', '*.password', 'content', '*.content'],
  });
}

/** The level that LOG_LEVEL names; by default, and where it names none, `info`. */
export function levelOf(environment: NodeJS.ProcessEnv): string {
  try {
    return readVariables(environment, ['LOG_LEVEL']).LOG_LEVEL ?? DEFAULT_LEVEL;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return DEFAULT_LEVEL;
  }
}
