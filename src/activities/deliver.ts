import { activityInfo, cancellationSignal, heartbeat, type Info } from '@temporalio/activity';
import { AttemptLog, withoutSearch } from '../domain/attemptLog.js';
import { DeliveryError, type Attempt } from '../domain/delivery.js';
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
import { messagePage } from '../domain/messagePage.js';
import { HEARTBEAT_INTERVAL_MS, Lease, type ConfirmAttempt } from './lease.js';
import { makeAttempt, saysNothingAboutAccount, type AttemptResult } from './makeAttempt.js';
import { applicationFailure, HELD_BACK, planNext } from './nextAttempt.js';

export interface DeliverDependencies {
  /** Undefined when this worker has no such account. */
  connectionFor: (account: AccountId) => AccountConnection | undefined;
  /** How people reach the pages, for the link in a post that is shortened; undefined if it isn't configured. */
  publicUrl: string | undefined;
  /** Asks Temporal whether an attempt that took long until its post is still the current one. */
  confirmAttempt: ConfirmAttempt;
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
 * (the ending `held_back`), and the workflow schedules it again.
 */
export function createDeliver({
  connectionFor,
  publicUrl,
  confirmAttempt,
  random,
  report,
}: DeliverDependencies) {
  return async function deliver(input: DeliverInput): Promise<DeliverResult> {
    const info = activityInfo();
    const log = AttemptLog.restore(
      info.heartbeatDetails as Attempt[] | undefined,
      input.earlierAttempts,
      info.attempt,
      new Date(info.scheduledTimestampMs),
    );
    const connection = connectionFor(accountId(partsOf(input)));
    const lease = new Lease(info.heartbeatTimeoutMs, () =>
      confirmAttempt(info.taskToken, log.entries()),
    );
    const heartbeats = setInterval(() => {
      lease.renew();
      heartbeat(log.entries());
    }, HEARTBEAT_INTERVAL_MS);
    const key = info.workflowExecution?.workflowId ?? '';
    let call: AccountCall | undefined;
    let attempt: AttemptResult;
    let startedAt: Date;
    try {
      call = connection && (await waitForTurn(connection, input, info, log));
      startedAt = new Date();
      const page = messagePage(key, publicUrl);
      attempt = await makeAttempt(call?.adapter, input, page, log, lease);
    } finally {
      clearInterval(heartbeats);
    }

    const isHeldBack =
      connection && call && !saysNothingAboutAccount(attempt)
        ? connection.recordResult(call, input.destination, attempt.error)
        : false;
    if (isHeldBack && attempt.error) attempt = { ...attempt, error: asTransient(attempt.error) };
    const { receipt, error, lookup, planned, search } = attempt;
    const next =
      error && (isHeldBack ? HELD_BACK : planNext(error, input, info, random(), connection));
    // Nothing was sent: that is no attempt.
    if (error?.reason === 'expired') throw applicationFailure(error, log, next);
    log.add({
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      outcome: error?.outcome ?? 'delivered',
      reason: error?.reason,
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
    if (receipt) return resultOf(receipt, planned, log.entries());

    heartbeat(log.entries());
    throw applicationFailure(error, log, next);
  };
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
    const { message, reason } = error;
    throw applicationFailure(
      new DeliveryError(message, { outcome: 'transient', reason }),
      log,
      HELD_BACK,
    );
  }
}
