import { Context } from '@temporalio/activity';
import pLimit from 'p-limit';
import type { AcceptanceOptions } from '../acceptance/acceptMessage.js';
import { acceptSent, type IntakeContext } from '../acceptance/acceptSent.js';
import { timeOf } from '../acceptance/conversationPlan.js';
import { messageId } from '../acceptance/messageId.js';
import { MessageRefused } from '../acceptance/refusal.js';
import { exceededLimit, lacksSearchAttribute } from '../acceptance/serverLimit.js';
import { countedAs, type BatchMessageResult, type BatchSlice } from '../contract/batch.js';
import type { BatchEntry } from '../domain/batch.js';
import type { Message } from '../domain/message.js';
import { boundedFaults } from '../domain/boundedFaults.js';
import type { Metrics } from '../telemetry/metrics.js';
import { isCancellationRequested } from '../store/batches.js';
import { describeMessage, memoOf } from '../store/messageExecution.js';
import { GRPC_STATUS, grpcFailureOf } from '../temporal/grpcStatus.js';
import { isTemporalFailure } from '../temporal/temporalFailure.js';
import { BatchContents } from './batchContents.js';

/**
 * How many messages a worker process starts at once, of all batches together. Fewer than a fifth of the calls that the API makes
 * at once, so that messages that are sent one by one are accepted about as fast beside a batch.
 */
export const BATCH_STARTS_AT_ONCE = 6;

/**
 * What Temporal calls invalid in so many tries, over half a minute, stays invalid. A server that is being upgraded or set up says
 * it for a shorter time.
 */
const MOST_INVALID_TRIES = 6;

/** A third of the heartbeat time-out. */
const HEARTBEAT_MS = 3_000;

/** What the starting of messages works with, and counts them in. */
export type BatchContext = IntakeContext & { metrics: Pick<Metrics, 'batchMessages'> };

/**
 * Makes the activity that starts a part of a batch's messages, those of one conversation one after the other. It is safe to repeat:
 * what an earlier try started is known by its token. While Temporal is away it fails, and is tried again; a message that can't
 * be started for any other reason is a result, and holds up no other. From the second try on it starts nothing more of a batch
 * that was cancelled meanwhile.
 */
export function createStartBatchMessages(
  intake: BatchContext,
  contents: Pick<BatchContents, 'read'> = new BatchContents(intake.client),
) {
  const limit = pLimit(BATCH_STARTS_AT_ONCE);
  return async function startBatchMessages(slice: BatchSlice): Promise<BatchMessageResult[]> {
    const context = Context.current();
    const heartbeats = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
    try {
      const { attempt, workflowExecution } = context.info;
      if (!workflowExecution) throw new Error('A batch has a workflow.');
      // The workflow lets a slice come to its end, so that its messages have results. It would never come while Temporal refuses them.
      const isCancelled =
        attempt > 1 && (await isCancellationRequested(intake.client, workflowExecution));
      const batch = await contents.read(workflowExecution, slice);
      const results: BatchMessageResult[] = [];
      const start = async ({ entry, index, place }: PlacedEntry): Promise<void> => {
        const startToken = `${workflowExecution.runId}.${place}`;
        results[index] = isCancelled
          ? await findStarted(intake, entry, startToken, batch.traceId)
          : await startOne(intake, entry, {
              seal: batch.seals[index],
              traceId: batch.traceId,
              sentBy: batch.sentBy,
              attempt,
              startToken,
              acceptedAt: timeOf(batch.acceptedAtUs + place),
            });
      };
      const entries = batch.entries.map((entry, index) => {
        return { entry, index, place: batch.before + index };
      });
      const ended = new AbortController();
      const signal = AbortSignal.any([ended.signal, context.cancellationSignal]);
      const tries = inOrder(entries).map((together) =>
        limit(async () => {
          for (const entry of together) {
            // Another one has failed, or the worker stops: the next try starts those that are left.
            signal.throwIfAborted();
            await start(entry);
          }
        }).catch((error: unknown) => {
          ended.abort(error);
          throw error;
        }),
      );
      await Promise.allSettled(tries);
      signal.throwIfAborted();
      for (const outcome of results.map(countedAs)) {
        if (outcome) intake.metrics.batchMessages.inc({ outcome });
      }
      return results;
    } finally {
      clearInterval(heartbeats);
    }
  };
}

interface PlacedEntry {
  entry: BatchEntry;
  /** In the slice. */
  index: number;
  /** In the batch. */
  place: number;
}

/** What has to be started one after the other: the messages of one conversation, and those with one key. */
function inOrder(entries: readonly PlacedEntry[]): PlacedEntry[][] {
  const groups = new Map<string, PlacedEntry[]>();
  for (const placed of entries) {
    const name = orderOf(placed);
    const group = groups.get(name);
    if (group) group.push(placed);
    else groups.set(name, [placed]);
  }
  return [...groups.values()];
}

function orderOf({ entry, place }: PlacedEntry): string {
  if (!('message' in entry)) return `${place}`;
  const { conversation, deduplicationKey } = entry.message;
  return conversation ? `conversation ${conversation.key}` : `key ${deduplicationKey}`;
}

async function startOne(
  intake: IntakeContext,
  entry: BatchEntry,
  { attempt, traceId, ...options }: AcceptanceOptions & { attempt: number; traceId: string },
): Promise<BatchMessageResult> {
  if (!('message' in entry)) return { outcome: 'refused_at_once' };
  try {
    return await acceptSent(intake, entry.message, traceId, options);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal) return refusal;
    if (isTemporalFailure(error) && !(attempt >= MOST_INVALID_TRIES && isInvalid(error)))
      throw error;
    return unforeseen(intake, entry.message, traceId, error);
  }
}

/** What an earlier try has made of a message of a batch that was cancelled since. */
async function findStarted(
  { client }: IntakeContext,
  entry: BatchEntry,
  startToken: string,
  traceId: string,
): Promise<BatchMessageResult> {
  if (!('message' in entry)) return { outcome: 'refused_at_once' };
  const { deduplicationKey, tenant } = entry.message;
  const found = await describeMessage(client, messageId(tenant, deduplicationKey));
  const isStarted = found !== undefined && memoOf(found).startToken === startToken;
  return isStarted ? { outcome: 'accepted', traceId, known: true } : { outcome: 'cancelled' };
}

/** Undefined where the message is not at fault. */
function refusalOf(error: unknown): BatchMessageResult | undefined {
  if (error instanceof MessageRefused) {
    return { outcome: 'refused', kind: error.kind, faults: boundedFaults(error.faults) };
  }
  const fault = isInvalid(error) && exceededLimit(grpcFailureOf(error)?.reason ?? '');
  return fault
    ? { outcome: 'refused', kind: 'invalid', faults: boundedFaults([fault]) }
    : undefined;
}

/** Whether Temporal takes the message for the cause. What the namespace lacks, an operator adds. */
function isInvalid(error: unknown): boolean {
  const { reason = '', status } = grpcFailureOf(error) ?? {};
  return status === GRPC_STATUS.INVALID_ARGUMENT && !lacksSearchAttribute(reason);
}

function unforeseen(
  { log }: IntakeContext,
  message: Message,
  traceId: string,
  error: unknown,
): BatchMessageResult {
  const deduplicationKey = messageId(message.tenant, message.deduplicationKey);
  log.error({ deduplicationKey, traceId, err: error }, 'A message of a batch can’t be started');
  return { outcome: 'failed' };
}
