/** Reading messages: one with its timeline, many by search. */
import { setTimeout as delay } from 'node:timers/promises';
import { Router } from 'express';
import type { z } from 'zod';
import { explainUnknownKey } from '../explanation/unknownKey.js';
import { explainMessage } from '../explanation/message.js';
import { readAcknowledgements } from '../store/acknowledgementProgress.js';
import { readMessageRecord, type RecordedMessage } from '../store/messageHistory.js';
import { searchMessages } from '../store/search/messageSearch.js';
import { namespaceRetentionMs } from '../temporal/retention.js';
import { findSimilarKeys } from '../store/search/similarKeys.js';
import { withDecider } from '../domain/decider.js';
import { timelineOf } from '../explanation/timeline.js';
import { ownForm } from '../domain/tenant.js';
import type { ApiContext } from './apiContext.js';
import { callerOf, requireScope, type Caller } from './caller.js';
import { basePathOf } from './basePath.js';
import { findMessage, parseMessageId, type Asker } from './findMessage.js';
import { explainMaybeInBatch } from './maybeInBatch.js';
import { allNamed, named, recordNamed } from './named.js';
import { parseRequest, Problem } from './problem.js';
import { explainMaybeQueued, queuedMessageBody } from './queuedMessage.js';
import type { messageStateSchema, queuedMessageSchema } from './schema/messageRepresentation.js';
import type { timelineSchema } from './schema/timelineRepresentation.js';
import { messageQuerySchema, messageWaitSchema } from './schema/requests.js';
import { messageStateBody } from './schema/messageStateBody.js';
import { messageLinks } from './schema/paths.js';
import { Waits } from './waits.js';

/** Pauses between two looks at a message that is queued. */
const LOOK_AGAIN_MS = 500;

export function messagesRouter(context: ApiContext): Router {
  const { readClient } = context;
  const router = Router();
  const waits = new Waits(context);

  router.get('/messages', requireScope('read'), async (request, response) => {
    const { cursor, limit, ...criteria } = parseRequest(messageQuerySchema, request.query);
    const caller = callerOf(request);
    const { tenant } = caller;
    const found = await searchMessages(readClient, { ...criteria, tenant }, { cursor, limit });
    response.json(allNamed(found, context.configuration, caller));
  });

  router.get('/messages/:key', requireScope('read'), async (request, response) => {
    const { key } = request.params;
    const caller = callerOf(request);
    const { wait } = parseRequest(messageWaitSchema, request.query);
    const until = performance.now() + (wait ?? 0);
    const basePath = basePathOf(response);
    for (;;) {
      const remainingMs = Math.max(0, until - performance.now());
      try {
        const message =
          wait === undefined
            ? await findMessage(readClient, caller, key)
            : await waits.settled(caller, key, remainingMs, response);
        if (message) response.json(messageBody(message, basePath, context, caller));
        return;
      } catch (error) {
        const queued = await queuedBody(context, caller, { key, basePath, error });
        if (remainingMs === 0 || response.closed || context.stopping.aborted) {
          response.json(queued);
          return;
        }
        await delay(Math.min(LOOK_AGAIN_MS, remainingMs));
      }
    }
  });

  router.get('/messages/:key/timeline', requireScope('read'), async (request, response) => {
    const caller = callerOf(request);
    const id = parseMessageId(caller, request.params.key);
    const message = await readMessageRecord(readClient, id);
    const basePath = basePathOf(response);
    response.json(
      message
        ? await timelineBody(context, message, basePath, caller)
        : await unknownKeyBody(context, id, basePath, caller),
    );
  });

  return router;
}

/** Of a message that only the queue has. @throws the error where Temporal doesn't say that it is unknown; else one that says where it may be */
async function queuedBody(
  context: ApiContext,
  caller: Caller,
  { basePath, error, key }: { key: string; basePath: string; error: unknown },
): Promise<z.infer<typeof queuedMessageSchema>> {
  if (!(error instanceof Problem) || error.type !== 'not_found') throw error;
  const { intake } = context;
  const queued =
    intake && (await queuedMessageBody(intake, parseMessageId(caller, key), basePath, caller));
  if (queued) return queued;
  const sentences = [error.message, ...(await wherePerhaps(context, caller))];
  throw new Problem('not_found', sentences.join(' '), { cause: error });
}

/** Sentences about where a message may be that Temporal doesn't know. */
async function wherePerhaps(
  { intake, log, readClient }: ApiContext,
  asker: Asker,
): Promise<string[]> {
  const found = await Promise.all([
    intake && explainMaybeQueued(intake, asker),
    explainMaybeInBatch(readClient, log, asker),
  ]);
  return found.filter((sentence) => sentence !== undefined);
}

/** The message as the API answers with it. */
export function messageBody(
  message: RecordedMessage,
  basePath: string,
  { configuration }: Pick<ApiContext, 'configuration'>,
  asker: Asker,
): z.infer<typeof messageStateSchema> {
  const state = named(message.state, configuration, asker);
  return {
    ...messageStateBody(state),
    explanation: explainMessage(state, new Date()),
    links: messageLinks(state.deduplicationKey, basePath),
  };
}

async function timelineBody(
  { configuration, readClient }: ApiContext,
  recorded: RecordedMessage,
  basePath: string,
  asker: Asker,
): Promise<z.infer<typeof timelineSchema>> {
  const message = recordNamed(recorded, configuration, asker);
  const { state } = message;
  const { deduplicationKey, names, status } = state;
  const acknowledgements = await readAcknowledgements(readClient, message.events);
  return {
    deduplicationKey,
    known: true,
    status,
    explanation: explainMessage(state, new Date()),
    ...(names && { names }),
    entries: timelineOf(message, acknowledgements).map((entry) =>
      'by' in entry ? withDecider(entry) : entry,
    ),
    links: messageLinks(deduplicationKey, basePath),
  };
}

async function unknownKeyBody(
  context: ApiContext,
  id: string,
  basePath: string,
  asker: Asker,
): Promise<z.infer<typeof timelineSchema>> {
  const { explanation, similarKeys } = await readUnknownKey(context, id, asker);
  const deduplicationKey = ownForm(asker.tenant, id);
  return {
    deduplicationKey,
    known: false,
    explanation,
    entries: [],
    similarKeys,
    links: messageLinks(deduplicationKey, basePath),
  };
}

/** What is known of a key without a message, and keys like it. */
export async function readUnknownKey(
  context: ApiContext,
  id: string,
  asker: Asker,
): Promise<{ similarKeys: string[]; explanation: string }> {
  const { tenant } = asker;
  const deduplicationKey = ownForm(tenant, id);
  const { intake, readClient } = context;
  const { namespace } = readClient.workflow.options;
  const [similarKeys, retentionMs] = await Promise.all([
    findSimilarKeys(readClient, deduplicationKey, tenant),
    namespaceRetentionMs(readClient.connection, namespace),
  ]);
  const now = new Date();
  // What ended before, the namespace has forgotten.
  const forgottenBefore = new Date(now.getTime() - retentionMs);
  const queued = intake && (await queuedMessageBody(intake, id, '', asker));
  if (queued) return { similarKeys, explanation: queued.explanation };
  const explanation = explainUnknownKey(deduplicationKey, similarKeys, forgottenBefore, now);
  const sentences = [explanation, ...(await wherePerhaps(context, asker))];
  return { similarKeys, explanation: sentences.join(' ') };
}
