/** Where errors leave the API: each becomes a problem document, and a line of the log if it isn't the sender's fault. */
import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { answeredWith } from './requestAudit.js';
import { operationOf, type Operation } from './operation.js';
import type { Problem } from './problem.js';
import { problemOf } from './problemOf.js';

/** The last handler: answers with the problem of whatever was thrown. */
export function problemHandler(
  log: Logger,
  send: (response: Response, problem: Problem) => void = sendProblem,
): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const problem = problemOf(error);
    const operation = operationOf(request, response);
    logServerProblem(log, problem, operation);
    answeredWith(response, { operation: operation.operation, problem: problem.type });
    // A part of the answer has been sent already: express closes the connection.
    if (response.headersSent) next(error);
    else send(response, problem);
  };
}

/** Logs a problem with a status of 5xx and what caused it. What the sender can correct is not logged. */
export function logServerProblem(log: Logger, problem: Problem, operation: Operation): void {
  if (problem.status < 500) return;
  const line = {
    ...operation,
    status: problem.status,
    problem: problem.type,
    err: problem.cause ?? problem,
  };
  if (problem.type === 'internal_error') log.error(line, 'Request failed');
  else log.warn(line, 'Request failed');
}

function sendProblem(response: Response, problem: Problem): void {
  response.set(problem.headers);
  if (problem.retryAfterSeconds !== undefined) {
    response.set('Retry-After', String(problem.retryAfterSeconds));
  }
  if (problem.status === 401) response.set('WWW-Authenticate', 'Bearer');
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}
