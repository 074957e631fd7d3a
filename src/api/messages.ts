/** Reading messages: one with its timeline, many by search. */
import { Router, type Response } from 'express';
import type { z } from 'zod';
import { explainUnknownKey } from '../explanation/unknownKey.js';
import { explainMessage } from '../explanation/message.js';
import { readAcknowledgements } from '../store/acknowledgementProgress.js';
import { awaitEnd } from '../store/awaitEnd.js';
import { readMessageRecord, type RecordedMessage } from '../store/messageHistory.js';
import { searchMessages } from '../store/search/messageSearch.js';
import { namespaceRetentionMs } from '../temporal/retention.js';
import { findSimilarKeys } from '../store/search/similarKeys.js';
import { timelineOf } from '../explanation/timeline.js';
import type { ApiContext } from './apiContext.js';
import { findMessage, parseKey } from './findMessage.js';
import { parseRequest, Problem } from './problem.js';
import type { messageStateSchema } from './schema/messageRepresentation.js';
import type { timelineSchema } from './schema/timelineRepresentation.js';
import { messageQuerySchema, messageWaitSchema } from './schema/requests.js';
import { messageStateBody } from './schema/messageStateBody.js';
import { messageLinks } from './schema/paths.js';

/**
 * Waiting costs Temporal little, but it has a limit to the questions that it holds at once (1,200 in a namespace by default,
 * `frontend.namespaceCount`), and workers need theirs.
 */
const MAXIMUM_WAITS = 500;

export function messagesRouter(context: ApiContext): Router {
  const { client } = context;
  const router = Router();
  let waiting = 0;

  router.get('/messages', async (request, response) => {
    const { cursor, limit, ...criteria } = parseRequest(messageQuerySchema, request.query);
    response.json(await searchMessages(client, criteria, { cursor, limit }));
  });

  router.get('/messages/:key', async (request, response) => {
    const { key } = request.params;
    const { wait } = parseRequest(messageWaitSchema, request.query);
    let message = await findMessage(context, key);
    if (wait !== undefined && message.state.closedAt === undefined) {
      if (waiting >= MAXIMUM_WAITS) throw tooManyWaits();
      waiting += 1;
      try {
        await waitForEnd(context, message, response, wait);
      } finally {
        waiting -= 1;
      }
      if (response.closed) return;
      message = await findMessage(context, key);
    }
    response.json(messageBody(message));
  });

  router.get('/messages/:key/timeline', async (request, response) => {
    const deduplicationKey = parseKey(request.params.key);
    const message = await readMessageRecord(client, deduplicationKey);
    response.json(
      message
        ? await timelineBody(context, message)
        : await unknownKeyBody(context, deduplicationKey),
    );
  });

  return router;
}

/** By long polls, since the bounds of the other client are for calls that Temporal answers at once. */
async function waitForEnd(
  { longPollClient }: ApiContext,
  { runId, state }: RecordedMessage,
  response: Response,
  waitMs: number,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(waitMs)]);
  const { deduplicationKey } = state;
  await awaitEnd(longPollClient, { deduplicationKey, runId }, signal);
}

function tooManyWaits(): Problem {
  return new Problem(
    'overloaded',
    `${MAXIMUM_WAITS} requests wait already. Send it again without "wait".`,
    {
      retryAfterSeconds: 5,
    },
  );
}

function messageBody({ state }: RecordedMessage): z.infer<typeof messageStateSchema> {
  return {
    ...messageStateBody(state),
    explanation: explainMessage(state, new Date()),
    links: messageLinks(state.deduplicationKey),
  };
}

async function timelineBody(
  { client }: ApiContext,
  message: RecordedMessage,
): Promise<z.infer<typeof timelineSchema>> {
  const { deduplicationKey, status } = message.state;
  const acknowledgements = await readAcknowledgements(client, message.events);
  return {
    deduplicationKey,
    known: true,
    status,
    explanation: explainMessage(message.state, new Date()),
    entries: timelineOf(message, acknowledgements),
    links: messageLinks(deduplicationKey),
  };
}

async function unknownKeyBody(
  context: ApiContext,
  deduplicationKey: string,
): Promise<z.infer<typeof timelineSchema>> {
  const { forgottenBefore, similarKeys } = await readUnknownKey(context, deduplicationKey);
  return {
    deduplicationKey,
    known: false,
    explanation: explainUnknownKey(deduplicationKey, similarKeys, forgottenBefore, new Date()),
    entries: [],
    similarKeys,
    links: messageLinks(deduplicationKey),
  };
}

/** Facts about a key without a message. What ended before `forgottenBefore`, the namespace has forgotten. */
export async function readUnknownKey(
  { client }: ApiContext,
  deduplicationKey: string,
): Promise<{ similarKeys: string[]; forgottenBefore: Date }> {
  const { namespace } = client.workflow.options;
  const [similarKeys, retentionMs] = await Promise.all([
    findSimilarKeys(client, deduplicationKey),
    namespaceRetentionMs(client.connection, namespace),
  ]);
  return { similarKeys, forgottenBefore: new Date(Date.now() - retentionMs) };
}
