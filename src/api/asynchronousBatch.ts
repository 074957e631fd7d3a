/** Stores a batch in Temporal with one write, and leaves the starting of its messages to a workflow. */
import type { Request } from 'express';
import {
  batchDifferences,
  batchFingerprint,
  batchId,
  batchWindowMs,
  isReplaceable,
  keyOf,
} from '../acceptance/batch.js';
import { acceptanceTimes } from '../acceptance/conversationPlan.js';
import type { BatchEntry } from '../domain/batch.js';
import { boundedFaults } from '../domain/boundedFaults.js';
import { openEntry } from '../store/sealedMessages.js';
import { sealEntries } from '../acceptance/sealing.js';
import { UnreadableContent } from '../temporal/encryption/unreadableContent.js';
import { vaultOf } from '../temporal/erasure/vaultOf.js';
import { LoopBreaks } from '../lib/loopBreaks.js';
import type { BatchExecution } from '../store/batches.js';
import { completeBatch, startBatch } from '../store/startBatch.js';
import { activeTraceId } from '../telemetry/tracing.js';
import type { ApiContext } from './apiContext.js';
import { audit } from './audit.js';
import { callerOf } from './caller.js';
import { assertMaySend, senderName } from './permissions.js';
import { batchBody, type BatchBody } from './batchBody.js';
import type { Asker } from './findMessage.js';
import { idempotencyKeyOf } from './idempotencyKey.js';
import { parseMessage } from './parseMessage.js';
import { parseRequest, Problem } from './problem.js';
import { tellingRefusals } from './refusedWrites.js';
import { batchKeySchema } from './schema/requests.js';

/**
 * Accepts a batch. Resolves when Temporal has all of it. What is no message is refused at once, and is a part of the batch's
 * results.
 */
export async function acceptAsynchronously(
  context: ApiContext,
  request: Request,
  messages: readonly unknown[],
  basePath: string,
): Promise<BatchBody & { duplicate: boolean }> {
  const { 'idempotency-key': key } = parseRequest(batchKeySchema, {
    'idempotency-key': idempotencyKeyOf(request),
  });
  const caller = callerOf(request);
  const entries = await entriesOf(messages, caller);
  const fingerprint = batchFingerprint(entries);
  for (const [index, entry] of entries.entries()) {
    if ('message' in entry) assertMaySend(caller, entry.message, `messages.${index}`);
  }
  const id = batchId(key, fingerprint, caller.tenant);
  const traceId = activeTraceId();
  const { client, configuration, log, metrics, writes } = context;
  const windowMs = batchWindowMs(configuration.deduplicationWindow, entries);
  const vault = () => vaultOf(client);
  const stored = await sealEntries(vault, configuration, entries);
  const { batch, duplicate } = await tellingRefusals(writes, async () => {
    const acceptedAtUs = acceptanceTimes(entries.length);
    const start = await startBatch(
      client,
      { id, entries: stored, fingerprint, traceId, acceptedAtUs, sentBy: senderName(caller) },
      (existing) => isReplaceable(existing, windowMs),
    );
    const { batch: existing } = start;
    if (start.started) return { batch: existing, duplicate: false };
    if (existing.memo.fingerprint !== fingerprint) {
      throw await keyReused(context, existing, entries);
    }
    // The sender may have had no answer because not all of it was stored.
    await completeBatch(client, id, stored, existing);
    return { batch: existing, duplicate: true };
  });
  if (!duplicate) writes.messageAccepted();
  metrics.batches.inc({ outcome: duplicate ? 'duplicate' : 'accepted' });
  log.info(
    { batch: id, traceId, messages: entries.length, refused: batch.memo.refused, duplicate },
    duplicate ? 'Duplicate batch dropped' : 'Batch accepted',
  );
  const outcome = duplicate ? 'duplicate' : 'accepted';
  audit(log, { action: 'send', caller, outcome, batch: id, traceId });
  return { ...batchBody(batch, basePath, caller), duplicate };
}

async function entriesOf(messages: readonly unknown[], sender: Asker): Promise<BatchEntry[]> {
  const entries: BatchEntry[] = [];
  // Other requests have their turn meanwhile.
  const breaks = new LoopBreaks();
  for (const message of messages) {
    entries.push(entryOf(message, sender));
    await breaks.take();
  }
  return entries;
}

const WHOLE_BODY = '(whole body)';

function entryOf(body: unknown, sender: Asker): BatchEntry {
  try {
    return { message: parseMessage(body, sender) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const faults = error.errors ?? [{ field: WHOLE_BODY, detail: error.message }];
    return { faults: boundedFaults(faults), deduplicationKey: keyOf(body) };
  }
}

async function keyReused(
  { batchReader, client, metrics }: ApiContext,
  existing: BatchExecution,
  entries: readonly BatchEntry[],
): Promise<Problem> {
  metrics.keysReused.inc();
  const first = await batchReader.messages(client, existing);
  const vault = () => vaultOf(client);
  const opened = await Promise.all((first ?? []).map(({ entry }) => openEntry(vault, entry))).catch(
    (error: unknown) => {
      // In which fields they differ, nobody knows any more.
      if (error instanceof UnreadableContent) return [];
      throw error;
    },
  );
  const known = opened.map(({ entry }) => entry);
  return new Problem(
    'deduplication_key_reused',
    'The key belongs to a batch with other messages. Nothing was sent: use a new key for another batch.',
    {
      errors: batchDifferences(known, entries).map((field) => ({
        field,
        detail: 'differs from what the key was first used for',
      })),
    },
  );
}
