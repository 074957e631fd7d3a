/** Receives what configured sources send: `POST /v1/sources/{name}`. */
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { messageId } from '../acceptance/messageId.js';
import type { ConfiguredSource } from '../config/sources.js';
import { withinTime } from '../lib/deadline.js';
import { nearest } from '../lib/nearest.js';
import { AgainLater, type SourceAnswer, type SourceRequest } from '../sources/source.js';
import { AcceptanceProgress } from './acceptanceProgress.js';
import type { ApiContext } from './apiContext.js';
import { audit } from './audit.js';
import { AskedAgain } from './askedAgain.js';
import { assertNoOtherSite } from './otherSites.js';
import { operationOf } from './operation.js';
import { Problem } from './problem.js';
import { problemHandler } from './problemHandler.js';
import { problemOf } from './problemOf.js';
import { notedForAudit } from './requestAudit.js';
import type { Reception } from './reception.js';
import { answerTo } from './sourceReception.js';
import { readSourceRequest } from './sourceRequest.js';

/** Senders try again after it; most have a backoff of their own. */
const RETRY_AFTER_S = 5;

const NOT_AUTHENTIC = 401;
/** Of every answer to what may succeed later. */
const AGAIN = 503;

const DEFAULT_METHODS = ['POST'];

/** Longer than the name of any source: what is longer is not looked for among them. */
const LONGEST_NAME = 63;

/** What this process knows of earlier requests. */
interface Earlier {
  askedAgain: AskedAgain;
  progress: AcceptanceProgress;
}

/** The outcomes of requests that were authentic and whose content was accepted. */
const SENT: ReadonlySet<Reception['outcome']> = new Set(['accepted', 'queued', 'unusable']);

/** What a request becomes where nobody knows its source. */
const UNKNOWN = '(unknown)';

/**
 * The routes of the sources, outside the API's keys: each source has an authentication of its own. What is authentic is never
 * refused: where it can't be used, people are told in a message.
 */
export function sourcesRouter(context: ApiContext): Router {
  const router = Router();
  const earlier: Earlier = { askedAgain: new AskedAgain(), progress: new AcceptanceProgress() };
  const receive: RequestHandler = async (request, response) => {
    const configured = sourceOf(context, request);
    notedForAudit(response, { source: configured.name });
    send(response, await receiveFrom(configured, context, earlier, request, response));
  };
  router.all('/:name', receive);
  router.all('/:name/:token', receive);
  router.use(({ path }, _response, next) => {
    // The list of the sources, for those with a key.
    if (path === '/') next('router');
    else throw notAuthentic();
  });
  router.use(problemHandler(context.log));
  return router;
}

function send(response: Response, { body, headers = {}, status }: SourceAnswer): void {
  response.status(status).set(headers);
  if (typeof body === 'string') response.send(body);
  else response.json(body ?? {});
}

/** One answer to a wrong name and to a wrong secret, so that nobody learns which sources there are. */
function notAuthentic(cause?: unknown): Problem {
  return new Problem(
    'not_authentic',
    'There is no source of this name, or the request doesn’t prove that its sender sent it. The log of the API says what is wrong.',
    { cause },
  );
}

function sourceOf({ configuration, log, metrics }: ApiContext, request: Request): ConfiguredSource {
  const { name } = request.params as { name: string };
  const configured = configuration.sources.find((each) => each.name === name);
  if (configured) return configured;
  assertMethod(request, DEFAULT_METHODS);
  metrics.sourceRequests.inc({ source: UNKNOWN, outcome: 'refused' });
  // Not the name itself, which may be a token in the wrong place.
  const names = configuration.sources.map((each) => each.name);
  const meant = name.length > LONGEST_NAME ? undefined : nearest(name, names);
  log.info(
    {
      outcome: 'refused',
      reason: 'there is no source of this name',
      ...(meant !== undefined && { nearest: meant }),
    },
    'Source request',
  );
  throw notAuthentic();
}

async function receiveFrom(
  configured: ConfiguredSource,
  context: ApiContext,
  { askedAgain, progress }: Earlier,
  request: Request,
  response: Response,
): Promise<SourceAnswer> {
  const { name, respondWithinMs, type } = configured;
  const startedAt = performance.now();
  const hasTime = (): boolean => performance.now() - startedAt < respondWithinMs;
  let reception: Omit<Reception, 'answer'> = { outcome: 'failed' };
  let read: SourceRequest | undefined;
  try {
    assertMethod(request, type.methods ?? DEFAULT_METHODS);
    if (!configured.source.isAuthenticated) assertNoOtherSite(request, context.configuration);
    const work = readSourceRequest(request, response, type.largestBodyBytes).then((received) => {
      read = askedAgain.recognised(name, received.request);
      return answerTo({ ...received, request: read }, configured, context, { hasTime, progress });
    });
    const answered = await withinTime(work, respondWithinMs, {
      late: () => new SourceLate(name, respondWithinMs),
    });
    reception = { ...answered, status: answered.answer?.status ?? NOT_AUTHENTIC };
    if (answered.answer === undefined) {
      notedForAudit(response, { reason: answered.reason });
      throw notAuthentic();
    }
    return answered.answer;
  } catch (error) {
    if (reception.outcome !== 'failed') throw error;
    const isForeseen = error instanceof SourceLate || error instanceof AgainLater;
    const problem = isForeseen ? again(error.message, error) : problemOf(error);
    const status = problem.status < 500 ? problem.status : AGAIN;
    reception = { outcome: outcomeOf(error, problem), reason: reasonOf(problem), status };
    if (problem.status < 500) throw problem;
    if (read) askedAgain.remember(name, read);
    throw asAgain(problem, error);
  } finally {
    const { messages, outcome, reason } = reception;
    context.recentRequests.add(name, reception);
    context.metrics.sourceRequests.inc({ source: name, outcome });
    context.log.info(
      {
        source: name,
        outcome,
        ...(messages && { messages }),
        ...(reason !== undefined && { reason }),
        durationMs: Math.round(performance.now() - startedAt),
      },
      'Source request',
    );
    // A source without authentication proves nothing of its sender.
    if (configured.source.isAuthenticated && SENT.has(outcome)) {
      const { traceId } = operationOf(request, response);
      audit(context.log, {
        ...{ action: 'send', caller: undefined, source: name, outcome, traceId },
        messages: messages?.map((key) => messageId(configured.tenant, key)),
        address: request.socket.remoteAddress,
      });
    }
  }
}

function assertMethod({ method }: Request, methods: readonly string[]): void {
  if (methods.includes(method)) return;
  throw new Problem(
    'method_not_allowed',
    `${method} is not possible here. This path takes ${methods.join(', ')}.`,
    { headers: { Allow: methods.join(', ') } },
  );
}

function outcomeOf(error: unknown, { status }: Problem): Reception['outcome'] {
  if (error instanceof SourceLate) return 'late';
  return status < 500 ? 'refused' : 'failed';
}

/** An unforeseen error is in the log with its cause, in a line of its own. */
function reasonOf({ message, type }: Problem): string {
  return type === 'internal_error' ? 'an internal error' : message;
}

/** 503, whatever happened: senders retry it, and some retry no other status. */
function asAgain(problem: Problem, cause: unknown): Problem {
  const { message, retryAfterSeconds = RETRY_AFTER_S, status, type } = problem;
  if (status !== 503) return again(message, cause);
  return new Problem(type, message, { retryAfterSeconds, cause: problem.cause ?? cause });
}

function again(detail: string, cause: unknown): Problem {
  return new Problem('not_accepted', detail, { retryAfterSeconds: RETRY_AFTER_S, cause });
}

/**
 * The request or Temporal took longer than the source's sender waits. What was begun goes on, so that the next delivery of the
 * same request finds it done.
 */
class SourceLate extends Error {
  override readonly name = 'SourceLate';

  constructor(source: string, withinMs: number) {
    super(
      `The request was not accepted within the ${withinMs} ms that the sender of ${source} waits. It is to be sent again.`,
    );
  }
}
