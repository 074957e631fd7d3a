import { pino, type Logger, type LoggerOptions } from 'pino';
import { ConfigurationError } from './configurationError.js';
import { readVariables } from './environment.js';
import { RepeatedLines } from './repeatedLines.js';

const DEFAULT_LEVEL = 'info';

/**
 * The process's logger: one JSON line for each unit of work, on standard output. Never log content, credentials or a whole
 * request. The redaction here is only a second protection.
 */
export function createLogger(name: string, environment: NodeJS.ProcessEnv): Logger {
  return pino({
    name,
    level: levelOf(environment),
    hooks: { logMethod: counted(new RepeatedLines()) },
    redact: ['*.authorization', '*.cookie', '*.token', '*.password', 'content', '*.content'],
  });
}

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>;

/** Has warnings and errors that repeat counted, of this logger and its children alike. */
function counted(lines: RepeatedLines): LogMethod {
  return function (line, method, level) {
    const { warn, error } = this.levels.values;
    if (level !== warn && level !== error) method.apply(this, line);
    else lines.log(line, level, (written) => method.apply(this, written as typeof line));
  };
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
