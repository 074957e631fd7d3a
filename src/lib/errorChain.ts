/** An error as a log line has it. */
export interface LoggedError {
  type: string;
  message: string;
  code?: string | number;
  stack?: string | undefined;
  cause?: LoggedError;
}

const DEEPEST = 8;

/**
 * An error and its causes for the log: type, message, code and stack, and nothing else that it carries. What an error holds
 * besides may be a request's body or its headers.
 */
export function errorChain(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an error' };
  const { cause, message, stack } = error;
  const { code } = error as { code?: unknown };
  return {
    type: error.name === 'Error' ? error.constructor.name : error.name,
    message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    stack,
    ...(cause !== undefined && depth < DEEPEST && { cause: errorChain(cause, depth + 1) }),
  };
}
