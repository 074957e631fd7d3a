import {
  activityInfo,
  ApplicationFailure,
  cancellationSignal,
  CancelledFailure,
  heartbeat,
  type Info,
} from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { AttemptLog, withoutSearch } from '../domain/attemptLog.js';
import { DeliveryError, type Attempt, type Ending, type Receipt } from '../domain/delivery.js';
import type { DestinationAdapter } from '../destinations/destination.js';
import { asDeliveryError, asTransient } from '../http/failure.js';
import { callTracked } from '../http/sending.js';
import { planPost, resultOf, type PlannedPost } from './plannedPost.js';
import type { AttemptReport } from '../telemetry/attemptReport.js';
import {
  AccountHeldBack,
  type AccountCall,
  type AccountConnection,
} from '../accounts/accountConnection.js';
import { nextAttemptDelayMs } from '../domain/backoff.js';
import type { DeliverInput, DeliverResult } from '../contract/deliver.js';
import { accountId, type AccountId } from '../domain/account.js';
import { partsOf, type Destination } from '../domain/destination.js';
import { messagePage, type MessagePage } from '../domain/messagePage.js';
import { assertMayResend, findEarlierPost } from './earlierPost.js';

/**
 * The heartbeat interval of slow requests. Most requests end before the first heartbeat. The workflow's heartbeat time-out
 * is four times this.
 */
const HEARTBEAT_INTERVAL_MS = 2_000;

/**
 * The least wait after a request without an answer. The platform may still be processing it, and the next attempt must not
 * search before its post is visible. As long as the slowest normal posts take.
 */
const SETTLE_MS = 2_000;

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
 * Resolves when Temporal has answered: `cancelled` if the cancellation of the attempt was requested. Rejects where the attempt is
 * not the current one any more, and where Temporal gives no answer in time.
 *
 * @param attempts what the next attempt finds if this one is lost
 */
export type ConfirmAttempt = (
  taskToken: Uint8Array,
  attempts: Attempt[],
) => Promise<'current' | 'cancelled'>;

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

/** The delay before the next attempt; or, where there is none, the ending of the delivery. */
type Next = { delayMs: number; ending?: undefined } | { delayMs?: undefined; ending: Ending };

/** Temporal's, where none is given. */
const DEFAULT_PRIORITY = 3;

/** Because the account is unavailable: the workflow schedules the delivery again, until the account works. */
const HELD_BACK: Next = { ending: 'held_back' };

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

/** @param connection tells whether the platform limits the whole account: a 429 then says nothing of this destination */
function planNext(
  error: DeliveryError,
  input: DeliverInput,
  info: Info,
  random: number,
  connection: Pick<AccountConnection, 'isLimited' | 'isProbing'> | undefined,
): Next {
  const { expiresAt, retry } = input;
  if (error.reason === 'expired') return { ending: 'expired' };
  if (error.outcome === 'permanent') return { ending: 'refused' };
  const limitsAccount = error.reason === 'rate_limited' && connection?.isLimited === true;
  const isLastAttempt = info.attempt >= retry.attempts;
  // The workflow schedules it before what waits in the queue. Retried by Temporal, it would go behind all of that.
  if (limitsAccount && (connection.isProbing || isLastAttempt)) return HELD_BACK;
  if (isLastAttempt) return { ending: 'exhausted' };

  // The pace of the account spaces the calls. A longer and longer backoff would only let later messages go first.
  const backoffAttempt = limitsAccount ? 1 : info.attempt;
  const delayMs = nextAttemptDelayMs(retry, backoffAttempt, notBeforeMs(error), random);
  const at = Date.now() + delayMs;
  if (expiresAt !== undefined && at >= Date.parse(expiresAt)) return { ending: 'expired' };
  const giveUpAt = info.scheduledTimestampMs + (retry.giveUpAfterMs ?? Number.POSITIVE_INFINITY);
  return at > giveUpAt ? { ending: 'exhausted' } : { delayMs };
}

/** The least delay before the next attempt: what the platform asked for, or until an unanswered request has settled. */
function notBeforeMs({ outcome, reason, retryAfterMs }: DeliveryError): number | undefined {
  const unanswered = reason === 'timeout' || reason === 'connection_failed';
  return outcome === 'ambiguous' && unanswered
    ? Math.max(SETTLE_MS, retryAfterMs ?? 0)
    : retryAfterMs;
}

/**
 * The right to post, which lasts as long as Temporal receives heartbeats of this attempt. A process that was frozen for
 * longer (a suspended machine, a paused container), or could not reach Temporal for longer, has lost it: Temporal has started
 * the next attempt, which may have posted.
 */
class Lease {
  readonly #durationMs: number;
  readonly #confirm: () => ReturnType<ConfirmAttempt>;
  readonly #startedAt = Date.now();
  #renewedAt = Date.now();
  #lost = false;

  constructor(durationMs: number | undefined, confirm: () => ReturnType<ConfirmAttempt>) {
    this.#durationMs = durationMs ?? Number.POSITIVE_INFINITY;
    this.#confirm = confirm;
  }

  renew(): void {
    // Once lost it stays lost: after a freeze this timer may fire before the pending answer arrives.
    this.#lost = this.#isOver();
    this.#renewedAt = Date.now();
  }

  /**
   * Resolves if this attempt may post. Temporal is asked only where a heartbeat was due meanwhile: nothing else says whether it
   * was received.
   *
   * @throws DeliveryError where the lease is lost, or may be
   * @throws CancelledFailure where the delivery was cancelled meanwhile
   */
  async assertHeld(): Promise<void> {
    if (this.#isOver()) throw workerFrozen();
    if (Date.now() - this.#startedAt < HEARTBEAT_INTERVAL_MS) return;
    const answer = await this.#confirm().catch((error: unknown) => {
      throw notConfirmed(error);
    });
    if (answer === 'cancelled') throw new CancelledFailure('CANCELLED');
    if (this.#isOver()) throw workerFrozen();
  }

  #isOver(): boolean {
    return this.#lost || Date.now() - this.#renewedAt > this.#durationMs;
  }
}

type AttemptResult = Pick<Attempt, 'lookup' | 'search'> &
  (
    | { receipt: Receipt; planned: PlannedPost; error?: undefined; whileSearching?: undefined }
    | {
        receipt?: undefined;
        planned?: PlannedPost | undefined;
        error: DeliveryError;
        /** Whether it failed while it searched, before it would have posted. */
        whileSearching: boolean;
      }
  );

/** A platform limits searches by themselves: their limit says nothing about how fast the account may post. */
function saysNothingAboutAccount(attempt: AttemptResult): boolean {
  return attempt.whileSearching === true && attempt.error.reason === 'rate_limited';
}

/** Searches first where an earlier attempt has sent something, then posts. */
async function makeAttempt(
  adapter: DestinationAdapter | undefined,
  input: DeliverInput,
  page: MessagePage,
  log: AttemptLog,
  lease: Lease,
): Promise<AttemptResult> {
  let lookup: Attempt['lookup'];
  let planned: PlannedPost | undefined;
  let search = log.searchPosition();
  let whileSearching = false;
  try {
    if (!adapter) throw accountNotConfigured(input.destination);
    planned = await planPost(adapter, input, page);
    const { message, part } = planned;
    whileSearching = true;
    const earlier = await findEarlierPost(adapter, { input, log, part }, (position) => {
      search = position;
    });
    lookup = earlier.lookup;
    search = undefined;
    whileSearching = false;
    if (earlier.receipt) return { receipt: earlier.receipt, lookup, planned };
    if (lookup === 'refused') assertMayResend(input, log);
    await lease.assertHeld();
    if (input.expiresAt !== undefined && Date.now() >= Date.parse(input.expiresAt)) {
      throw expired(input.expiresAt);
    }
    const { deliveryId, traceId } = input;
    const post = { ...message, deliveryId, path: partsOf(input).path, traceId, part };
    const receipt = await callTracked('the destination', () => adapter.post(post));
    return { receipt, lookup, planned };
  } catch (error) {
    if (error instanceof CancelledFailure) throw error;
    const failure = asDeliveryError(error, 'The destination');
    return { error: failure, lookup, planned, search, whileSearching };
  }
}

function workerFrozen(): DeliveryError {
  return new DeliveryError(
    'This worker was frozen for so long that another worker may have started the next attempt: nothing was sent.',
    { outcome: 'transient', reason: 'worker_lost' },
  );
}

function notConfirmed(cause: unknown): DeliveryError {
  return new DeliveryError(
    'This worker got no confirmation from Temporal that the attempt is still its own, so that another worker may have started the next one: nothing was sent.',
    { outcome: 'transient', reason: 'worker_lost', cause },
  );
}

function expired(at: string): DeliveryError {
  return new DeliveryError(`The message expired at ${at}: nothing was sent.`, {
    outcome: 'permanent',
    reason: 'expired',
  });
}

function accountNotConfigured(destination: Destination): DeliveryError {
  return new DeliveryError(
    `This worker has no account for ${destination}: add it to the worker’s configuration, then retry.`,
    { outcome: 'permanent', reason: 'account_not_configured' },
  );
}

function applicationFailure(
  error: DeliveryError,
  log: AttemptLog,
  next: Next | undefined,
): ApplicationFailure {
  return ApplicationFailure.create({
    type: error.reason,
    message: error.message,
    nonRetryable: next?.ending !== undefined,
    nextRetryDelay: next?.delayMs,
    // Between attempts the heartbeat has the log. Temporal truncates the failures that it keeps meanwhile to 4 kB, which
    // would cut off the message.
    ...(next?.ending && { details: [log.entries(), next.ending] }),
    // Keeps failures that Temporal retries out of the worker's error log.
    ...(error.outcome !== 'permanent' && { category: ApplicationFailureCategory.BENIGN }),
  });
}
