/** Reading messages: one with its timeline, many by search. */
import { Router, type Response } from 'express';
import { z } from 'zod';
import { MESSAGE_STATUSES } from '../delivery.js';
import { durationMs } from '../duration.js';
import { explainAbsence } from '../explanation/absence.js';
import { explainMessage } from '../explanation/message.js';
import { destinationSchema } from '../message.js';
import { readAcknowledgements } from '../temporal/acknowledgements.js';
import { awaitEnd } from '../temporal/awaitEnd.js';
import { readMessageRecord, type MessageRecord } from '../temporal/messageHistory.js';
import { isCursor, searchMessages } from '../temporal/messageSearch.js';
import { namespaceRetentionMs } from '../temporal/retention.js';
import { findSimilarKeys } from '../temporal/similarKeys.js';
import { timelineOf } from '../timeline.js';
import { messageLinks, type ApiContext } from './apiContext.js';
import { findMessage, parseKey } from './findMessage.js';
import { parseRequest, Problem } from './problem.js';
import type { messageStateSchema } from './representations.js';
import { fromTemporal } from './temporalGate.js';
import type { timelineSchema } from './timelineRepresentation.js';

const timestamp = z.iso.datetime({
  offset: true,
  error: 'must be a time as 2026-11-23T12:00:00Z',
});

export const pageFields = {
  destination: destinationSchema.optional(),
  cursor: z
    .string()
    .refine(isCursor, { error: 'must be the cursor of an earlier answer' })
    .optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
};
export const messageQuerySchema = z.strictObject({
  ...pageFields,
  source: z.string().optional(),
  reference: z.string().optional(),
  traceId: z.string().optional(),
  status: z.enum(MESSAGE_STATUSES).optional(),
  since: timestamp.optional().meta({ description: 'Accepted at or after.' }),
  until: timestamp.optional().meta({ description: 'Accepted before.' }),
  q: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(255, 'must be at most 255 characters')
    .optional()
    .meta({
      description:
        'Words that a person knows it by, as `PagerDuty 55`: source and reference, or the beginning of a key or reference, or a trace id, or a destination.',
      examples: ['PagerDuty 55'],
    }),
});
/** Proxies and clients commonly give up a request after a minute. */
const LONGEST_WAIT_MS = 60_000;

export const messageWaitSchema = z.strictObject({
  wait: durationMs
    .refine((ms) => ms <= LONGEST_WAIT_MS, { error: 'must be at most 60s' })
    .optional()
    .meta({
      description: 'Hold the answer until the status is final, but no longer than this, as `20s`.',
    }),
});

/**
 * Waiting costs Temporal little, but it has a limit to the questions that it holds at once (1,200 in a namespace by default,
 * `frontend.namespaceCount`), and workers need theirs.
 */
const MOST_WAITING = 500;

export function messagesRouter(context: ApiContext): Router {
  const { client, gate } = context;
  const router = Router();
  let waiting = 0;

  router.get('/messages', async (request, response) => {
    const { cursor, limit, ...criteria } = parseRequest(messageQuerySchema, request.query);
    response.json(await gate(() => searchMessages(client, criteria, { cursor, limit })));
  });

  router.get('/messages/:key', async (request, response) => {
    const { key } = request.params;
    const { wait } = parseRequest(messageWaitSchema, request.query);
    let message = await findMessage(context, key);
    if (wait !== undefined && message.state.closedAt === undefined) {
      if (waiting >= MOST_WAITING) throw tooManyWait();
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
    const message = await gate(() => readMessageRecord(client, deduplicationKey));
    response.json(
      message ? await timelineBody(context, message) : await absenceBody(context, deduplicationKey),
    );
  });

  return router;
}

/** Not through the gate, whose places are for calls that Temporal answers at once. */
async function waitForEnd(
  { client }: ApiContext,
  { runId, state }: MessageRecord,
  response: Response,
  waitMs: number,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(waitMs)]);
  const { deduplicationKey } = state;
  await fromTemporal(() => awaitEnd(client, { deduplicationKey, runId }, signal));
}

function tooManyWait(): Problem {
  return new Problem('overloaded', `${MOST_WAITING} requests wait already: ask without "wait".`, {
    retryAfterSeconds: 5,
  });
}

function messageBody({ state }: MessageRecord): z.infer<typeof messageStateSchema> {
  return {
    ...state,
    explanation: explainMessage(state, new Date()),
    links: messageLinks(state.deduplicationKey),
  };
}

async function timelineBody(
  { client, gate }: ApiContext,
  message: MessageRecord,
): Promise<z.infer<typeof timelineSchema>> {
  const { deduplicationKey, status } = message.state;
  const acknowledgements = await gate(() => readAcknowledgements(client, message.events));
  return {
    deduplicationKey,
    known: true,
    status,
    explanation: explainMessage(message.state, new Date()),
    entries: timelineOf(message, acknowledgements),
    links: messageLinks(deduplicationKey),
  };
}

async function absenceBody(
  context: ApiContext,
  deduplicationKey: string,
): Promise<z.infer<typeof timelineSchema>> {
  const { forgottenBefore, similarKeys } = await readAbsence(context, deduplicationKey);
  return {
    deduplicationKey,
    known: false,
    explanation: explainAbsence(deduplicationKey, similarKeys, forgottenBefore, new Date()),
    entries: [],
    similarKeys,
    links: messageLinks(deduplicationKey),
  };
}

/** What can be said of a key that belongs to no message. What ended before `forgottenBefore`, the namespace has forgotten. */
export async function readAbsence(
  { client, gate }: ApiContext,
  deduplicationKey: string,
): Promise<{ similarKeys: string[]; forgottenBefore: Date }> {
  const { namespace } = client.workflow.options;
  const [similarKeys, retentionMs] = await gate(() =>
    Promise.all([
      findSimilarKeys(client, deduplicationKey),
      namespaceRetentionMs(client.connection, namespace),
    ]),
  );
  return { similarKeys, forgottenBefore: new Date(Date.now() - retentionMs) };
}
