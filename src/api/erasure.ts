/** `DELETE /v1/messages/{key}?erase=content|all`: what a message says, or all of it, is erased for good. */
import type { RequestHandler } from 'express';
import type { z } from 'zod';
import { withDecider } from '../domain/decider.js';
import {
  acknowledgementIdsOf,
  deleteRun,
  isGone,
  messageRuns,
  type MessageRuns,
} from '../store/eraseMessage.js';
import { vaultOf } from '../temporal/erasure/vaultOf.js';
import type { ContentErasure } from '../domain/sealedContent.js';
import type { MessageState } from '../domain/messageState.js';
import { ownForm, summaryFor } from '../domain/tenant.js';
import type { ApiContext } from './apiContext.js';
import { audit } from './audit.js';
import { basePathOf } from './basePath.js';
import { assertScope, callerOf } from './caller.js';
import { findMessage } from './findMessage.js';
import { assertMayDecide, decidedBy } from './permissions.js';
import { parseRequest, Problem } from './problem.js';
import type { erasedMessageSchema } from './schema/messageRepresentation.js';
import { messageLinks } from './schema/paths.js';
import { deleteMessageQuerySchema } from './schema/requests.js';

type Remains = z.infer<typeof erasedMessageSchema>['remains'];

/**
 * Goes on to the cancellation where the request erases nothing. Erasing needs the scope `admin`: it can't be undone, and takes away
 * what decisions are explained by.
 */
export function erase(context: ApiContext): RequestHandler<{ key: string }> {
  const { decisionClient: client, log, metrics } = context;
  return async (request, response, next) => {
    if (request.query.erase === undefined) {
      next();
      return;
    }
    const caller = callerOf(request);
    assertScope(caller, 'admin');
    const {
      by: claimed,
      erase: what = 'content',
      reason,
    } = parseRequest(deleteMessageQuerySchema, request.query);
    const by = decidedBy(caller, claimed);
    const { state } = await findMessage(client, caller, request.params.key);
    const { deduplicationKey, destinations, source, traceId } = state;
    assertMayDecide(caller, { destinations, source });
    assertEnded(state);
    const found = await messageRuns(client, deduplicationKey);
    const done =
      what === 'all'
        ? await eraseAll(context, state, found, { by, reason, tenant: caller.tenant })
        : await eraseContent(context, found, { by, reason });
    metrics.decisions.inc({ action: 'erase', scope: 'message' });
    log.info({ deduplicationKey, traceId, action: 'erase', erased: what }, 'Decision taken');
    audit(log, {
      ...{ action: 'erase', caller, by, outcome: 'accepted', erased: what },
      ...{ message: deduplicationKey, destinations, traceId },
    });
    const { at, because, remains } = done;
    const known = summaryFor(caller.tenant, state).deduplicationKey;
    const named = withDecider({ because, at, ...(done.by !== undefined && { by: done.by }) });
    response.status(done.isDone ? 200 : 202).json({
      ...{ deduplicationKey: known, action: 'erase', erased: what, ...named, remains },
      links: messageLinks(known, basePathOf(response)),
    });
  };
}

type Erased = ContentErasure & { remains: Remains; isDone: boolean };
interface Request {
  by: string | undefined;
  reason: string | undefined;
}

/** What is under way still needs its content; a dead letter may be retried. */
function assertEnded({ closedAt, status }: MessageState): void {
  if (closedAt !== undefined) return;
  const remedy =
    status === 'dead_lettered' ? 'Discard its dead letters, or cancel it,' : 'Cancel it';
  throw new Problem(
    'not_ended',
    `The message is ${status}, and its content may still be posted. ${remedy} first; then erase it.`,
  );
}

async function eraseContent(
  { decisionClient: client }: ApiContext,
  { areAll, runs }: MessageRuns,
  request: Request,
): Promise<Erased> {
  const unsealed = runs.filter(({ seal }) => seal === undefined).length;
  if (unsealed === runs.length) {
    throw new Problem(
      'not_sealed',
      `The content of this message can’t be erased by itself: it was accepted without contentRetention, so that it is a part of its history. erase=all deletes the whole history; backups of Temporal’s database, and pages of it that are free and not used again yet, have it for longer.`,
    );
  }
  const vault = vaultOf(client);
  const erasures: ContentErasure[] = [];
  for (const { seal } of runs) {
    if (seal !== undefined) erasures.push(await vault.erase(seal, request));
  }
  const [newest] = erasures;
  if (!newest) throw new Error('A message that is sealed has an erasure.');
  const remains: Remains = [
    ...(unsealed === 0
      ? []
      : [
          `${unsealed} earlier ${unsealed === 1 ? 'message' : 'messages'} with this key, accepted without contentRetention: erase=all deletes them.`,
        ]),
    ...(areAll ? [] : NOT_LOOKED_THROUGH),
    ...POSTED,
  ];
  return { ...newest, remains, isDone: true };
}

const POSTED = [
  'The posts at its destinations, and copies that acknowledgements, queues and sources have.',
];

const NOT_LOOKED_THROUGH = [
  'Earlier messages with this key, if there are more: Temporal has so many messages, with this key or with keys that begin alike, that not all were looked through.',
];

async function eraseAll(
  { decisionClient: client }: ApiContext,
  { deduplicationKey, deliveries }: MessageState,
  { areAll, runs }: MessageRuns,
  { tenant, ...request }: Request & { tenant: string | undefined },
): Promise<Erased> {
  const vault = () => vaultOf(client);
  const isSealed = runs.every(({ seal }) => seal !== undefined);
  for (const { seal } of runs) if (seal !== undefined) await vault().erase(seal, request);
  for (const { runId } of runs) {
    for (const id of await acknowledgementIdsOf(client, deduplicationKey, runId)) {
      await deleteRun(client, id);
    }
    await deleteRun(client, deduplicationKey, runId);
  }
  const [newest] = runs;
  const isDone = newest === undefined || (await isGone(client, deduplicationKey, newest.runId));
  const groups = deliveries.flatMap(({ stage }) =>
    stage.kind === 'grouped' && stage.message !== undefined ? [stage.message] : [],
  );
  const remains: Remains = [
    ...(isDone
      ? []
      : [
          'The message itself, for a minute or so: Temporal has yet to delete it. Until then its key is not free.',
        ]),
    ...(isSealed
      ? []
      : [
          'Its bytes in backups of Temporal’s database, and in pages of it that are free and not used again yet.',
          ...(runs.some(({ isOfBatch }) => isOfBatch)
            ? [
                'The batch that it was sent in has a copy until the namespace’s retention has passed.',
              ]
            : []),
        ]),
    ...[...new Set(groups)].map(
      (key) => `The message of its group, ${ownForm(tenant, key)}, which shows its title.`,
    ),
    ...(areAll ? [] : NOT_LOOKED_THROUGH),
    ...POSTED,
  ];
  const { by } = request;
  const at = new Date().toISOString();
  return { because: 'person', at, ...(by !== undefined && { by }), remains, isDone };
}
