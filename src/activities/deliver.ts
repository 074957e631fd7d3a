import {
  activityInfo,
  type ApplicationFailure,
  cancellationSignal,
  heartbeat,
  type Info,
} from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { AttemptLog, withoutSearch } from '../domain/attemptLog.js';
import type { Content } from '../domain/message.js';
import { isSealed } from '../domain/sealedContent.js';
import { openContent, sealTitle } from '../store/sealedMessages.js';
import { UnreadableContent } from '../temporal/encryption/unreadableContent.js';
import { sealIn, type ContentVault } from '../temporal/erasure/contentVault.js';
import { ContentErased } from '../temporal/erasure/unavailableContent.js';
import { DeliveryError, type Attempt, type FailureReason } from '../domain/delivery.js';
import { asTransient } from '../http/failure.js';
import { resultOf } from './plannedPost.js';
import type { AttemptReport } from '../telemetry/attemptReport.js';
import {
  AccountHeldBack,
  type AccountCall,
  type AccountConnection,
} from '../accounts/accountConnection.js';
import type { DeliverInput, DeliverResult } from '../contract/deliver.js';
import { accountId, type AccountId } from '../domain/account.js';
import { partsOf } from '../domain/destination.js';
import type { PageOf } from '../domain/messagePage.js';
import {
  ConversationUnavailable,
  reportToConversation,
  type Abilities,
  type Conversations,
} from './conversations.js';
import { HEARTBEAT_INTERVAL_MS, Lease, type ConfirmAttempt } from './lease.js';
import { makeAttempt, saysNothingAboutAccount } from './makeAttempt.js';
import type { OpenedInput } from './openedInput.js';
import { applicationFailure, HELD_BACK, planNext } from './nextAttempt.js';

export interface DeliverDependencies {
  /** Undefined when this worker has no such account. */
  connectionFor: (account: AccountId) => AccountConnection | undefined;
  /** Where people read a message, and the link to it that its post shows. */
  pageOf: PageOf;
  /** Asks Temporal whether an attempt that took long until its post is still the current one. */
  confirmAttempt: ConfirmAttempt;
  conversations: Conversations;
  /** Opens sealed content. */
  vault: () => ContentVault;
  /** A number in [0, 1). */
  random: () => number;
  /** Is called with every attempt that has an outcome. */
  report: AttemptReport['delivery'];
}

/**
 * Makes the activity that delivers one message to one destination: one call is one attempt, at one post. It resolves with the
 * receipt, and with how far the message is posted where it takes several posts. Otherwise it throws an ApplicationFailure with
 * the reason as its type, the attempt log as its details and, where a retry may help, the delay before the next attempt. While
 * the whole account is unavailable it waits; if that takes too long, it returns the delivery to its workflow without an attempt
 * (the ending `held_back`), and the workflow schedules it again. A message of a conversation may have to wait for another one, or be
 * superseded by it: the activity then resolves without a receipt.
 */
export function createDeliver({
  connectionFor,
  pageOf,
  confirmAttempt,
  conversations,
  random,
  report,
  vault,
}: DeliverDependencies) {
  return async function deliver(input: DeliverInput): Promise<DeliverResult> {
    const info = activityInfo();
    const log = AttemptLog.restore(
      info.heartbeatDetails as Attempt[] | undefined,
      input.earlierAttempts,
      info.attempt,
      new Date(info.scheduledTimestampMs),
    );
    // The next attempt finds this one as that of a lost worker, until its end is recorded: what it has posted is searched for.
    const before = log.entries();
    const lease = new Lease(info.heartbeatTimeoutMs, () => confirmAttempt(info.taskToken, before));
    const heartbeats = setInterval(() => {
      lease.renew();
      heartbeat(before);
    }, HEARTBEAT_INTERVAL_MS);
    try {
      return await attemptOnce(input, info, log, lease);
    } catch (error) {
      // Temporal keeps no heartbeat of an activity that ends as cancelled.
      if (error instanceof CancelledFailure) throw new CancelledFailure(error.message, [before]);
      throw error;
    } finally {
      clearInterval(heartbeats);
    }
  };

  async function attemptOnce(
    stored: DeliverInput,
    info: Info,
    log: AttemptLog,
    lease: Lease,
  ): Promise<DeliverResult> {
    const key = info.workflowExecution?.workflowId ?? '';
    const connection = connectionFor(accountId(partsOf(stored)));
    const capabilities = () => capabilitiesOf(connection, stored);
    const call = connection && (await waitForTurn(connection, stored, info, log));
    const input: OpenedInput = { ...stored, content: await contentOf(stored, key, log) };
    const startedAt = new Date();
    const adapter = call?.adapter;
    const context = { adapter, capabilities, input, key, pageOf, log, lease, conversations, vault };
    let attempt = await makeAttempt(context).catch((error: unknown) => {
      if (!(error instanceof ConversationUnavailable)) throw error;
      throw heldBack('worker_lost', error, log);
    });
    // Nothing was sent: that is no attempt.
    if (attempt.turn && !attempt.error) return { attempts: log.entries(), turn: attempt.turn };

    const isHeldBack =
      connection && call && !saysNothingAboutAccount(attempt)
        ? connection.recordResult(call, input.destination, attempt.error)
        : false;
    if (isHeldBack && attempt.error) attempt = { ...attempt, error: asTransient(attempt.error) };
    const { as, error, lookup, planned, search, turn } = attempt;
    const isAskedAgain = turn !== undefined;
    const next =
      error && !isAskedAgain
        ? isHeldBack
          ? HELD_BACK
          : planNext(error, input, info, random(), connection)
        : undefined;
    // Nothing was sent either.
    if (error?.reason === 'expired') throw applicationFailure(error, log, next);
    log.add({
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      outcome: error?.outcome ?? 'delivered',
      reason: error?.reason,
      as,
      part: planned?.part && { number: planned.part.number, of: planned.part.of },
      httpStatus: error?.httpStatus,
      platformCode: error?.platformCode,
      retryAfterMs: error?.retryAfterMs,
      nextAttemptInMs: next?.delayMs,
      lookup,
      search,
    });
    const made = log.entries().at(-1);
    if (made) report(key, input, withoutSearch(made));
    if (!attempt.error) {
      const { done, receipt } = attempt;
      const result = resultOf(receipt, attempt.planned, log.entries());
      const title = await titleFor(input, stored, key, capabilities);
      return await reportToConversation(conversations, result, {
        ...{ capabilities, done, input, key, title },
      });
    }
    if (turn) return { attempts: log.entries(), turn };
    heartbeat(log.entries());
    throw applicationFailure(attempt.error, log, next);
  }

  /** Of an erased message nothing can be posted any more. Where only the key is missing, it waits for it. */
  async function contentOf(
    { content }: DeliverInput,
    key: string,
    log: AttemptLog,
  ): Promise<Content> {
    try {
      return await openContent(vault, key, content);
    } catch (error) {
      const reason = 'content_unavailable';
      if (error instanceof UnreadableContent) throw heldBack(reason, error, log);
      if (!(error instanceof ContentErased)) throw error;
      const failure = new DeliveryError(error.message, { outcome: 'permanent', reason });
      throw applicationFailure(failure, log, { ending: 'refused' });
    }
  }

  /** By which later messages of its conversation name it, where the platform can neither edit nor answer; sealed as the content is. */
  async function titleFor(
    { content: { title }, conversation }: OpenedInput,
    { content: stored }: DeliverInput,
    key: string,
    capabilities: () => Abilities,
  ): Promise<string | undefined> {
    if (!conversation || title === undefined) return undefined;
    const can = capabilities();
    if (can.edit && can.thread) return undefined;
    const seal = isSealed(stored) ? sealIn(stored.sealed) : undefined;
    return seal === undefined ? title : await sealTitle(vault(), seal, key, title);
  }
}

function capabilitiesOf(connection: AccountConnection | undefined, input: DeliverInput): Abilities {
  if (!connection) return { edit: false, thread: false };
  const { platform, settings } = connection.account;
  return platform.capabilities(settings, partsOf(input).path);
}

/** Temporal's, where none is given. */
const DEFAULT_PRIORITY = 3;

/** Resolves when the account may be used for this delivery: mostly at once. */
async function waitForTurn(
  connection: AccountConnection,
  { dueAt, expiresAt, holdMs = 0 }: DeliverInput,
  info: Info,
  log: AttemptLog,
): Promise<AccountCall> {
  const leftMs = expiresAt === undefined ? holdMs : Date.parse(expiresAt) - Date.now();
  try {
    return await connection.acquire({
      priority: info.priority?.priorityKey ?? DEFAULT_PRIORITY,
      dueAt: dueAt ?? new Date(info.scheduledTimestampMs).toISOString(),
      waitsAtMostMs: Math.min(holdMs, leftMs),
      signal: cancellationSignal(),
    });
  } catch (error) {
    if (!(error instanceof AccountHeldBack)) throw error;
    throw heldBack(error.reason, error, log);
  }
}

/** Nothing was sent: the workflow schedules the delivery again. */
function heldBack(
  reason: FailureReason,
  { message }: Pick<Error, 'message'>,
  log: AttemptLog,
): ApplicationFailure {
  const error = new DeliveryError(message, { outcome: 'transient', reason });
  return applicationFailure(error, log, HELD_BACK);
}
