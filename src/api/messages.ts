/** Reading messages: one with its timeline, many by search. */
import { Router } from 'express';
import type { z } from 'zod';
import { explainUnknownKey } from '../explanation/unknownKey.js';
import { explainMessage } from '../explanation/message.js';
import { readAcknowledgements } from '../store/acknowledgementProgress.js';
import { readMessageRecord, type RecordedMessage } from '../store/messageHistory.js';
import { searchMessages } from '../store/search/messageSearch.js';
import { namespaceRetentionMs } from '../temporal/retention.js';
import { findSimilarKeys } from '../store/search/similarKeys.js';
import { timelineOf } from '../explanation/timeline.js';
import type { ApiContext } from './apiContext.js';
import { basePathOf } from './basePath.js';
import { findMessage, parseKey } from './findMessage.js';
import { allNamed, named } from './named.js';
import { parseRequest } from './problem.js';
import type { messageStateSchema } from './schema/messageRepresentation.js';
import type { timelineSchema } from './schema/timelineRepresentation.js';
import { messageQuerySchema, messageWaitSchema } from './schema/requests.js';
import { messageStateBody } from './schema/messageStateBody.js';
import { messageLinks } from './schema/paths.js';
import { Waits } from './waits.js';

export function messagesRouter(context: ApiContext): Router {
  const { readClient } = context;
  const router = Router();
  const waits = new Waits(context);

  router.get('/messages', async (request, response) => {
    const { cursor, limit, ...criteria } = parseRequest(messageQuerySchema, request.query);
    const found = await searchMessages(readClient, criteria, { cursor, limit });
    response.json(allNamed(found, context.configuration));
  });

  router.get('/messages/:key', async (request, response) => {
    const { key } = request.params;
    const { wait } = parseRequest(messageWaitSchema, request.query);
    const message =
      wait === undefined
        ? await findMessage(readClient, key)
        : await waits.settled(key, wait, response);
    if (message) response.json(messageBody(message, basePathOf(response), context));
  });

  router.get('/messages/:key/timeline', async (request, response) => {
    const deduplicationKey = parseKey(request.params.key);
    const message = await readMessageRecord(readClient, deduplicationKey);
    const basePath = basePathOf(response);
    response.json(
      message
        ? await timelineBody(context, message, basePath)
        : await unknownKeyBody(context, deduplicationKey, basePath),
    );
  });

  return router;
}

/** The message as the API answers with it. */
export function messageBody(
  message: RecordedMessage,
  basePath: string,
  { configuration }: Pick<ApiContext, 'configuration'>,
): z.infer<typeof messageStateSchema> {
  const state = named(message.state, configuration);
  return {
    ...messageStateBody(state),
    explanation: explainMessage(state, new Date()),
    links: messageLinks(state.deduplicationKey, basePath),
  };
}

async function timelineBody(
  { configuration, readClient }: ApiContext,
  message: RecordedMessage,
  basePath: string,
): Promise<z.infer<typeof timelineSchema>> {
  const state = named(message.state, configuration);
  const { deduplicationKey, names, status } = state;
  const acknowledgements = await readAcknowledgements(readClient, message.events);
  return {
    deduplicationKey,
    known: true,
    status,
    explanation: explainMessage(state, new Date()),
    ...(names && { names }),
    entries: timelineOf(message, acknowledgements),
    links: messageLinks(deduplicationKey, basePath),
  };
}

async function unknownKeyBody(
  context: ApiContext,
  deduplicationKey: string,
  basePath: string,
): Promise<z.infer<typeof timelineSchema>> {
  const { forgottenBefore, similarKeys } = await readUnknownKey(context, deduplicationKey);
  return {
    deduplicationKey,
    known: false,
    explanation: explainUnknownKey(deduplicationKey, similarKeys, forgottenBefore, new Date()),
    entries: [],
    similarKeys,
    links: messageLinks(deduplicationKey, basePath),
  };
}

/** Facts about a key without a message. What ended before `forgottenBefore`, the namespace has forgotten. */
export async function readUnknownKey(
  { readClient }: ApiContext,
  deduplicationKey: string,
): Promise<{ similarKeys: string[]; forgottenBefore: Date }> {
  const { namespace } = readClient.workflow.options;
  const [similarKeys, retentionMs] = await Promise.all([
    findSimilarKeys(readClient, deduplicationKey),
    namespaceRetentionMs(readClient.connection, namespace),
  ]);
  return { similarKeys, forgottenBefore: new Date(Date.now() - retentionMs) };
}
