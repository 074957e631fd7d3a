/** Receives what configured sources send: `POST /v1/sources/{name}`. */
import { createHash } from 'node:crypto';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { acceptEvent } from '../acceptance/acceptEvent.js';
import { acceptUnroutable } from '../acceptance/acceptUnroutable.js';
import type { RoutedMessage } from '../acceptance/routedMessage.js';
import type { ConfiguredSource } from '../config/sources.js';
import { withinTime } from '../lib/deadline.js';
import { Unusable, type SourceAnswer, type SourceRequest } from '../sources/source.js';
import { activeTraceId } from '../telemetry/tracing.js';
import type { ApiContext } from './apiContext.js';
import { Problem } from './problem.js';
import { problemHandler } from './problemHandler.js';
import { problemOf } from './problemOf.js';
import { readSourceRequest } from './sourceRequest.js';

/** Senders try again after it; most have a backoff of their own. */
const RETRY_AFTER_S = 5;

/**
 * The routes of the sources, outside the API's keys: each source has an authentication of its own. What is authentic is never
 * refused: where it can't be used, people are told in a message.
 */
export function sourcesRouter(context: ApiContext): Router {
  const router = Router();
  const receive: RequestHandler = async (request, response) => {
    const configured = sourceOf(context, request);
    const answer = await receiveFrom(configured, context, request, response);
    const { body, headers = {}, status } = answer;
    response.status(status).set(headers);
    if (typeof body === 'string') response.send(body);
    else response.json(body ?? {});
  };
  for (const path of ['/:name', '/:name/:token']) {
    router.post(path, receive);
    router.options(path, receive);
    router.all(path, (request) => {
      throw new Problem(
        'method_not_allowed',
        `${request.method} is not possible here. This path takes POST.`,
        {
          headers: { Allow: 'OPTIONS, POST' },
        },
      );
    });
  }
  router.use(problemHandler(context.log));
  return router;
}

function sourceOf({ configuration }: ApiContext, request: Request): ConfiguredSource {
  const { name } = request.params as { name: string };
  const configured = configuration.sources.find((each) => each.name === name);
  if (configured) return configured;
  throw new Problem(
    'not_found',
    'There is no such source. Add it to "sources" in the configuration.',
  );
}

async function receiveFrom(
  configured: ConfiguredSource,
  context: ApiContext,
  request: Request,
  response: Response,
): Promise<SourceAnswer> {
  const { log, metrics } = context;
  const { name, respondWithinMs, type } = configured;
  const startedAt = performance.now();
  const said: { outcome: string; messages?: string[]; reason?: string } = { outcome: 'failed' };
  try {
    const received = await readSourceRequest(request, response, type.largestBodyBytes);
    const work = answerTo(received, configured, context, said);
    const leftMs = respondWithinMs - (performance.now() - startedAt);
    return await withinTime(work, Math.max(1, leftMs), { late: () => new SourceLate(name) });
  } catch (error) {
    const problem = error instanceof SourceLate ? late(error) : problemOf(error);
    if (problem.status < 500) throw error;
    said.reason = problem.message;
    log.warn({ source: name, err: error }, 'A source is told to try again');
    // 503, whatever happened: senders retry it, and some retry no other status.
    throw new Problem(
      problem.type === 'internal_error' ? 'not_accepted' : problem.type,
      problem.message,
      {
        retryAfterSeconds: problem.retryAfterSeconds ?? RETRY_AFTER_S,
        cause: error,
      },
    );
  } finally {
    metrics.sourceRequests.inc({ source: name, outcome: said.outcome });
    log.info(
      { source: name, ...said, durationMs: Math.round(performance.now() - startedAt) },
      'Source request',
    );
  }
}

async function answerTo(
  request: SourceRequest,
  { name, source }: ConfiguredSource,
  context: ApiContext,
  said: { outcome: string; messages?: string[]; reason?: string },
): Promise<SourceAnswer> {
  const verdict = await source.verify(request);
  if (verdict !== 'authentic') {
    said.outcome = 'refused';
    said.reason = verdict.refusedBecause;
    throw new Problem('not_authentic', `The request is not authentic: ${verdict.refusedBecause}.`);
  }
  const traceId = activeTraceId();
  const { client, configuration } = context;
  const key = { request: requestHash(request) };
  try {
    const identity = source.identify(request);
    if (identity.kind === 'test') {
      said.outcome = 'test';
      return source.accepted ?? { status: 202, body: { status: 'test', detail: identity.says } };
    }
    if (identity.kind === 'handshake' && source.handshake) {
      said.outcome = 'handshake';
      return await source.handshake(request);
    }
    if (identity.kind === 'events') key.request = identity.key;
    const messages: RoutedMessage[] = [];
    for (const event of source.parse(request)) {
      messages.push(
        ...(await acceptEvent(client, configuration, { ...event, source: name }, traceId)),
      );
    }
    said.outcome = 'accepted';
    said.messages = messages.map(({ deduplicationKey }) => deduplicationKey);
    return source.accepted ?? { status: 202, body: { status: 'accepted', messages } };
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    const reason = `${error.message} The request was authentic, and is not sent again by its sender.`;
    const message = await acceptUnroutable(
      client,
      configuration,
      { source: name, key: key.request, reason },
      traceId,
    );
    said.outcome = 'unusable';
    said.reason = error.message;
    said.messages = [message.deduplicationKey];
    return (
      source.accepted ?? {
        status: 202,
        body: { status: 'unusable', detail: error.message, messages: [message] },
      }
    );
  }
}

/** The identity of a request of which nothing else is known: a redelivery has the same bytes. */
function requestHash({ body }: SourceRequest): string {
  return `sha256-${createHash('sha256').update(body).digest('base64url')}`;
}

function late(error: SourceLate): Problem {
  return new Problem('not_accepted', error.message, { cause: error });
}

/** Temporal took longer than the source's sender waits. What was begun goes on, and the next delivery finds it done. */
class SourceLate extends Error {
  override readonly name = 'SourceLate';

  constructor(source: string) {
    super(`Temporal did not answer within the time that the source ${source} waits.`);
  }
}
