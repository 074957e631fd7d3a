import { pino, type Logger } from 'pino';

/**
 * The process's logger: one JSON line per unit of work on standard output. Never give it content, credentials or a whole
 * request; what is redacted here is the second line of defence.
 */
export function createLogger(name: string, environment: NodeJS.ProcessEnv): Logger {
  return pino({
    name,
    level: environment.LOG_LEVEL ?? 'info',
    redact: ['*.authorization', '*.cookie', '*.token', '*.password', 'content', '*.content'],
  });
}
