import { randomUUID } from 'node:crypto';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { Configuration, DeduplicationWindow } from '../config/configuration.js';
import type { Acceptance } from '../domain/acceptance.js';
import type { ShownEvents } from '../domain/eventGroup.js';
import { readableContent, type Message } from '../domain/message.js';
import type { Unposted } from '../domain/unposted.js';
import { describeMessage, memoOf, summarise } from '../store/messageExecution.js';
import { restartMessage, startMessage, type MessageStart } from '../store/startMessage.js';
import { planAcknowledgements } from './acknowledgementPlan.js';
import { conversationPlace, planConversation } from './conversationPlan.js';
import { planDeliveries } from './deliveryPlan.js';
import { differingFields, fingerprint, withoutContent } from './fingerprint.js';
import { withIds } from './messageId.js';
import { messageTitle } from './messageTitle.js';
import { MessageRefused } from './refusal.js';
import { sealStart, type KnownSeal } from './sealing.js';
import { ignoredFields, settingsOf } from './settings.js';
import { own } from '../lib/own.js';
import type { MessageMemo } from '../contract/deliverMessage.js';
import type { ContentVault } from '../temporal/erasure/contentVault.js';
import { UnreadableContent } from '../temporal/encryption/unreadableContent.js';
import { ContentErased } from '../temporal/erasure/unavailableContent.js';
import { vaultOf } from '../temporal/erasure/vaultOf.js';

/** Each try may find that the original's retention has just ended, which in practice happens at most once. */
const MAXIMUM_TRIES = 3;

export interface AcceptanceOptions extends KnownSeal {
  /** Why the message is not posted by itself, if it isn't. */
  unposted?: Unposted | undefined;
  /** The events that the message shows, where it is that of a group. */
  shows?: ShownEvents | undefined;
  /**
   * Identifies the acceptance where it may be tried again after a try whose outcome is unknown: what an earlier try started is
   * accepted, and no duplicate. Random by default.
   */
  startToken?: string | undefined;
  /** The name of the key, or of the person, that sent it. */
  sentBy?: string | undefined;
  /** ISO 8601, to the microsecond: when it was accepted, where that was before now. */
  acceptedAt?: string | undefined;
}

/** Starts a message's workflow, or returns the status of the original that has its key. */
export async function acceptMessage(
  client: Client,
  configuration: Configuration,
  sent: Message,
  traceId: string,
  options: AcceptanceOptions = {},
): Promise<Acceptance> {
  const message = withIds(sent);
  const vault = () => vaultOf(client);
  const start = await sealStart(
    vault,
    configuration,
    messageStart(sent, configuration, traceId, options),
    message,
    options,
  );
  const compareWith = (original: WorkflowExecutionDescription) =>
    compare(original, start, message, vault);
  const windowMs = deduplicationWindowMs(configuration.deduplicationWindow, message);
  for (let tries = 0; tries < MAXIMUM_TRIES; tries += 1) {
    if (await startMessage(client, start)) return { outcome: 'accepted', traceId };

    const original = await describeMessage(client, message.deduplicationKey);
    // The original's retention ended between the two calls: the key is free.
    if (!original) continue;

    if (memoOf(original).startToken === start.memo.startToken) {
      return { outcome: 'accepted', traceId, known: true };
    }
    if (!hasExpired(original, windowMs)) return await compareWith(original);
    if (await restartMessage(client, start, original.runId))
      return { outcome: 'accepted', traceId };
    // Another sender restarted it at the same moment: this message is a duplicate of theirs.
    const restarted = await describeMessage(client, message.deduplicationKey);
    if (restarted) return await compareWith(restarted);
  }
  throw new MessageRefused('key_taken', [
    {
      field: 'deduplicationKey',
      detail:
        'another workflow of this Temporal namespace, which is not a message, has this key as its id: use another key',
    },
  ]);
}

/** @throws MessageRefused where this message can't be accepted with this configuration, whatever was accepted before */
export function assertAcceptable(message: Message, configuration: Configuration): void {
  planDeliveries({ ...message, content: readableContent(message.content) }, configuration);
  planAcknowledgements(message, configuration);
}

function messageStart(
  sent: Message,
  configuration: Configuration,
  traceId: string,
  { acceptedAt, sentBy, shows, startToken = randomUUID(), unposted }: AcceptanceOptions,
): MessageStart {
  const message = withIds(sent);
  const { deduplicationKey, correlation, priority, onAmbiguous } = message;
  const content = readableContent(message.content);
  const { deliverAt, expiresAt } = message;
  const deliveries = planDeliveries({ ...message, content }, configuration);
  const conversation = planConversation(message, configuration.conversations, acceptedAt);
  const place = conversationPlace(message, conversation);
  const title = messageTitle(content);
  // Of what was sent: releases that kept terminal codes compare the same.
  const memo = {
    settings: settingsOf(message),
    fingerprint: fingerprint(message),
    startToken,
    ...(title !== undefined && { title }),
    ...(place && { conversation: place }),
    ...(sentBy !== undefined && { sentBy }),
    ...(!deduplicationKey.endsWith(sent.deduplicationKey) && { givenKey: sent.deduplicationKey }),
  };
  if (unposted) {
    const destinations = deliveries.map(({ destination }) => destination);
    const input = { content, correlation, priority, onAmbiguous, deliveries: [], traceId };
    return { deduplicationKey, memo, input: { ...input, unposted: { ...unposted, destinations } } };
  }
  return {
    deduplicationKey,
    input: {
      content,
      correlation,
      priority,
      onAmbiguous,
      deliveries,
      deliverAt,
      expiresAt,
      ...(conversation && { conversation }),
      ...(shows && { shows }),
      acknowledgements: planAcknowledgements(message, configuration),
      traceId,
    },
    memo,
  };
}

/** How long another message with its key is a duplicate. */
export function deduplicationWindowMs(
  { defaultMs, bySourceMs }: DeduplicationWindow,
  { correlation }: Message,
): number {
  if (correlation?.source === undefined) return defaultMs;
  return own(bySourceMs, correlation.source) ?? defaultMs;
}

/**
 * Whether the deduplication window has ended. That of an open message never ends, since it is still to be delivered or needs
 * a decision. That of a message with `deliverAt` begins at that time, or the one that it was rescheduled to.
 */
function hasExpired(original: WorkflowExecutionDescription, windowMs: number): boolean {
  const { closeTime, startTime, executionTime = startTime } = original;
  const rescheduledTo = Date.parse(memoOf(original).schedule?.deliverAt ?? '');
  const from = Math.max(executionTime.getTime(), rescheduledTo || 0);
  return closeTime !== undefined && from + windowMs < Date.now();
}

async function compare(
  original: WorkflowExecutionDescription,
  { memo }: MessageStart,
  message: Message,
  vault: () => ContentVault,
): Promise<Acceptance> {
  const differences = await differencesFrom(memoOf(original), message, vault);
  const { acceptedAt, closedAt, status, traceId = '' } = summarise(original);
  if (differences.length > 0) {
    return { outcome: 'key_reused', differences, status, acceptedAt };
  }
  const ignored = ignoredFields(memoOf(original), memo.settings ?? {});
  return { outcome: 'duplicate', status, traceId, acceptedAt, closedAt, ignored };
}

/** The fields in which the message differs from the one that its key was first used for. Of erased content nothing is known. */
async function differencesFrom(
  { fingerprint: known, seal }: Partial<MessageMemo>,
  message: Message,
  vault: () => ContentVault,
): Promise<string[]> {
  if (!known) return [];
  if (seal === undefined) return differingFields(known, fingerprint(message));
  try {
    const contentKey = await vault().hashKey(seal);
    return differingFields(known, fingerprint(message, contentKey));
  } catch (error) {
    if (!(error instanceof ContentErased) && !(error instanceof UnreadableContent)) throw error;
    return differingFields(withoutContent(known), withoutContent(fingerprint(message)));
  }
}
