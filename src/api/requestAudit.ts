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

/** What of a request is for the audit line alone. */
interface Noted {
  /** To which source it was sent. */
  source?: string | undefined;
  /** Why it was refused, where the problem doesn't say it. */
  reason?: string | undefined;
}

interface Locals {
  answered?: Answered;
  forAudit?: Noted;
  traceId?: string;
}

/** Who may not do this, as opposed to what can't be done. A rate limit is for those who may: it is counted alone. */
const REFUSALS: ReadonlySet<ProblemType> = new Set([
  ...(['not_authenticated', 'not_authentic', 'token_refused', 'no_role', 'not_allowed'] as const),
  ...(['foreign_site', 'foreign_form', 'wrong_host'] as const),
]);

/** What people who have signed in elsewhere are refused before they are in. */
const NOT_SIGNED_IN: ReadonlySet<ProblemType> = new Set(['token_refused', 'no_role']);

const TOO_MANY_REQUESTS = 429;

/** Whether a problem says that somebody may not do what was asked for. */
export function isRefusal(problem: ProblemType): boolean {
  return REFUSALS.has(problem);
}

/** Notes the problem that a request is answered with. */
export function answeredWith(response: Response, answered: Answered): void {
  (response.locals as Locals).answered = answered;
}

/** Notes what the audit line has beside the problem. */
export function notedForAudit(response: Response, noted: Noted): void {
  const locals = response.locals as Locals;
  locals.forAudit = { ...locals.forAudit, ...noted };
}

/**
 * Counts each request by the name of its key; all people are one, since metrics must have a closed list of names. Of a request
 * that is refused because of who makes it, or from where, there is an audit line, also where no keys are needed.
 */
export function auditRequests(
  { callerRequests }: Pick<Metrics, 'callerRequests'>,
  log: Logger,
): RequestHandler {
  return (request, response, next) => {
    const address = request.socket.remoteAddress;
    const isSignIn = /^\/sign-in\/?$/i.test(request.path);
    response.once('close', () => {
      const caller = knownCaller(request);
      const { answered, forAudit, traceId } = response.locals as Locals;
      const isRefused = answered !== undefined && isRefusal(answered.problem);
      if (caller) {
        const name = caller.kind === 'person' ? 'person' : caller.name;
        const limited = response.statusCode === TOO_MANY_REQUESTS ? 'limited' : 'allowed';
        callerRequests.inc({ caller: name, outcome: isRefused ? 'refused' : limited });
      }
      if (!isRefused) return;
      const action = isSignIn || NOT_SIGNED_IN.has(answered.problem) ? 'sign_in' : 'request';
      const who = caller?.kind === 'open' ? undefined : caller;
      audit(log, {
        ...{ action, caller: who, outcome: 'refused' },
        ...{ ...answered, ...forAudit, address, traceId },
      });
    });
    next();
  };
}
