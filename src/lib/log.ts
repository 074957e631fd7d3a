import { pino, type Logger } from 'pino';

/**
 * The process's logger: one JSON line for each unit of work, on standard output. Never log content, credentials or a whole
 * request. The redaction here is only a second protection.
 */
export function createLogger(name: string, environment: NodeJS.ProcessEnv): Logger {
  return pino({
    name,
    level: environment.LOG_LEVEL ?? 'info',
    redact: ['*.authorization', '*.cookie', '*.token', '*.password', 'content', '*.content'],
  });
}
