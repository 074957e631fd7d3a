/** Who makes requests: counted, and logged where the caller is refused. */
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { Metrics } from '../telemetry/metrics.js';
import { audit } from './audit.js';
import { knownCaller } from './caller.js';
import type { ProblemType } from './schema/problemTypes.js';

interface Answered {
  /** As `GET /v1/messages/:key`. */
  operation: string;
  problem: ProblemType;
}

const TOO_MANY_REQUESTS = 429;

function allowedOr(statusCode: number): 'allowed' | 'limited' {
  return statusCode === TOO_MANY_REQUESTS ? 'limited' : 'allowed';
}

/** Notes the problem that a request is answered with. */
export function answeredWith(response: Response, answered: Answered): void {
  (response.locals as { answered?: Answered }).answered = answered;
}

/**
 * Counts each request by the name of its key; all people are one, since metrics must have a closed list of names. Of a request
 * without a key that is needed, or of a caller who may not do what was asked for, there is an audit line.
 */
export function auditRequests(
  { callerRequests }: Pick<Metrics, 'callerRequests'>,
  log: Logger,
): RequestHandler {
  return (request, response, next) => {
    const address = request.socket.remoteAddress;
    const action = request.path === '/sign-in' ? 'sign_in' : 'request';
    response.once('close', () => {
      const caller = knownCaller(request);
      const { answered, traceId } = response.locals as { answered?: Answered; traceId?: string };
      const { statusCode } = response;
      const isRefused = statusCode === (caller ? 403 : 401);
      if (caller) {
        const name = caller.kind === 'person' ? 'person' : caller.name;
        callerRequests.inc({
          caller: name,
          outcome: isRefused ? 'refused' : allowedOr(statusCode),
        });
      }
      if (isRefused)
        audit(log, { action, caller, outcome: 'refused', ...answered, address, traceId });
    });
    next();
  };
}
