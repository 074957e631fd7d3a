import { lastNumber } from '../../domain/attemptLog.js';
import type { Attempt, PostedParts, Receipt } from '../../domain/delivery.js';
import type { DeliverFailure } from '../../contract/deliverFailure.js';
import type { OperatorRequest } from '../../contract/signals.js';
import type { DeliveryPlan } from '../../contract/deliverMessage.js';
import type { Destination } from '../../domain/destination.js';
import { describePostedParts } from '../../domain/postedParts.js';
import type { DeadLetter } from '../../domain/deadLetter.js';

export type Decision = { action: 'retry' | 'discard' } & Pick<
  OperatorRequest,
  'by' | 'reason' | 'accountIsServed'
>;

/** Where a delivery is; the last five are final. */
export type DeliveryStage =
  /** Its activity has not been scheduled yet. */
  | { kind: 'waiting' }
  | { kind: 'delivering' }
  /** Another message of its conversation goes first. */
  | { kind: 'awaiting_turn' }
  | { kind: 'dead_lettered'; deadLetter: DeadLetter; decision?: Decision }
  | { kind: 'confirmed'; receipt: Receipt }
  /** A newer message of its conversation is shown. */
  | { kind: 'superseded'; by: string }
  /** It was not confirmed in time. `at` is when that was detected. */
  | { kind: 'expired'; failure: DeadLetter }
  /** A person discarded it. */
  | { kind: 'discarded'; failure: DeadLetter; by: string | undefined; why: string | undefined }
  /** A fallback whose primary delivery was confirmed or otherwise ended. */
  | { kind: 'not_needed' };

const FINAL = new Set<DeliveryStage['kind']>([
  'confirmed',
  'superseded',
  'expired',
  'discarded',
  'not_needed',
]);

/** One delivery of a message as the workflow knows it. Signal handlers decide on it; the workflow function acts on it. */
export class Delivery {
  readonly plan: DeliveryPlan;
  /** The attempts up to the last outcome that the workflow knows. */
  attempts: Attempt[];
  /** The number of the last attempt before a person's latest retry, or before a reset. */
  decidedUpTo: number;
  /** The parts of the message that are posted; null while there are none. */
  posted: PostedParts | null = null;
  /** No worker has its account: it is to fail with that reason. */
  isAccountRemoved = false;
  /** Is called when that happens while its activity waits in the account's task queue. */
  onAccountRemoved: () => void = () => undefined;
  /** It has been a dead letter at least once. */
  wasDeadLettered = false;
  #stage: DeliveryStage = { kind: 'waiting' };
  #neverAttempted = false;
  /** The number of the last attempt at the parts that are posted. */
  #postedUpTo = 0;

  constructor(plan: DeliveryPlan, earlierAttempts: Attempt[]) {
    this.plan = plan;
    this.attempts = earlierAttempts;
    this.decidedUpTo = lastNumber(earlierAttempts);
  }

  get destination(): Destination {
    return this.plan.destination;
  }

  get stage(): DeliveryStage {
    return this.#stage;
  }

  /** Whether its stage can't change any more. */
  get isFinal(): boolean {
    return FINAL.has(this.#stage.kind);
  }

  /** Its activity is scheduled. */
  begin(): void {
    this.#stage = { kind: 'delivering' };
  }

  /** Some parts of the message are posted, and others are left to post. */
  confirmParts(posted: PostedParts, attempts: Attempt[]): void {
    this.posted = posted;
    this.attempts = attempts;
    this.#postedUpTo = lastNumber(attempts);
  }

  /** One of two requests has succeeded. The other one has attempts of its own. */
  recordFirstRequest(attempts: Attempt[]): void {
    this.attempts = attempts;
    this.#postedUpTo = lastNumber(attempts);
  }

  awaitTurn(attempts: Attempt[]): void {
    this.#stage = { kind: 'awaiting_turn' };
    this.attempts = attempts;
  }

  supersede(by: string): void {
    this.#stage = { kind: 'superseded', by };
  }

  /**
   * Has no effect on a delivery that has ended or is parked.
   *
   * @param neverAttempted its present activity certainly had no attempt
   */
  markAccountRemoved(neverAttempted = false): void {
    if (this.isFinal || this.#stage.kind === 'dead_lettered') return;
    this.isAccountRemoved = true;
    this.#neverAttempted = neverAttempted;
    // While it awaits its turn, its next activity will find that out.
    if (this.#stage.kind !== 'awaiting_turn') this.onAccountRemoved();
  }

  /**
   * Its activity was cancelled, and with it the log of the attempts that it may have made: the next one has to search first.
   *
   * @param scheduledAt when that activity was scheduled: none of its attempts began before it
   * @param inQueue no worker had it when it was cancelled
   */
  recordLostLog(scheduledAt: Date, inQueue: boolean): void {
    if (inQueue && this.#neverAttempted) return;
    const number = lastNumber(this.attempts) + 1;
    const startedAt = scheduledAt.toISOString();
    const lost = { number, startedAt, outcome: 'ambiguous', reason: 'outcome_unknown' } as const;
    this.attempts = [...this.attempts, lost];
  }

  confirm(receipt: Receipt, attempts: Attempt[]): void {
    this.#stage = { kind: 'confirmed', receipt };
    this.attempts = attempts;
  }

  markNotNeeded(): void {
    this.#stage = { kind: 'not_needed' };
  }

  /**
   * How many attempts its retry profile still allows, for each part anew. Attempts that failed because the account is
   * unavailable don't count.
   */
  get attemptsLeft(): number {
    const countedFrom = Math.max(this.decidedUpTo, this.#postedUpTo);
    const whileAccountUnavailable = this.attempts.filter(
      (attempt) => attempt.number > countedFrom && wasHeldBack(attempt),
    ).length;
    const used = lastNumber(this.attempts) - countedFrom - whileAccountUnavailable;
    return Math.max(1, this.plan.retry.attempts - used);
  }

  /** The last attempt, if the platform refused it because it limits the whole account. */
  get refusedForAccount(): Attempt | undefined {
    const last = this.attempts.at(-1);
    return last?.reason === 'rate_limited' && wasHeldBack(last) ? last : undefined;
  }

  /** Records that its attempts ended without a post: it is parked, unless it has expired or is only held back. */
  fail({ reason, detail, attempts, ending }: DeliverFailure, now: Date): void {
    this.attempts = attempts;
    const failure = { reason, detail, at: now.toISOString() };
    if (ending === 'expired') {
      this.#stage = { kind: 'expired', failure };
    } else if (ending !== 'held_back') {
      this.#stage = { kind: 'dead_lettered', deadLetter: failure };
      this.wasDeadLettered = true;
      this.isAccountRemoved = false;
    }
  }

  expireWithoutAttempt(now: Date): void {
    const reason = this.attempts.at(-1)?.reason ?? 'expired';
    const parts = this.posted ? ` ${describePostedParts(this.posted)}.` : '';
    const detail = `It expired before it could be attempted.${parts}`;
    const failure = { reason, detail, at: now.toISOString() };
    this.#stage = { kind: 'expired', failure };
  }

  /** Records a person's decision. Only the first one counts, and only while the delivery is parked. */
  decide(action: Decision['action'], request: unknown): void {
    if (this.#stage.kind !== 'dead_lettered' || this.#stage.decision) return;
    const { accountIsServed, destination, by, reason, parkedBy } = parseOperatorRequest(request);
    if (destination !== undefined && destination !== this.destination) return;
    if (parkedBy !== undefined && parkedBy < this.#stage.deadLetter.at) return;
    this.#stage = { ...this.#stage, decision: { action, by, reason, accountIsServed } };
  }

  /** What a person decided on it while it is parked. */
  get decision(): Decision | undefined {
    return this.#stage.kind === 'dead_lettered' ? this.#stage.decision : undefined;
  }

  /** Ends the parking: retried or discarded as the person decided, or expired where nobody decided in time. */
  applyDecision(now: Date): void {
    if (this.#stage.kind !== 'dead_lettered') return;
    const { deadLetter, decision } = this.#stage;
    this.#stage = stageAfterParking(deadLetter, decision, now);
    this.decidedUpTo = lastNumber(this.attempts);
  }
}

/** Whether the account was unavailable: it ended its activity, though a retry would have helped. */
function wasHeldBack({ outcome, reason, nextAttemptInMs }: Attempt): boolean {
  if (outcome !== 'transient') return false;
  const isEnd = nextAttemptInMs === undefined;
  return reason === 'credentials_rejected' || (reason === 'rate_limited' && isEnd);
}

function stageAfterParking(
  deadLetter: DeadLetter,
  decision: Decision | undefined,
  now: Date,
): DeliveryStage {
  if (!decision) return { kind: 'expired', failure: { ...deadLetter, at: now.toISOString() } };
  if (decision.action === 'retry') return { kind: 'delivering' };
  return { kind: 'discarded', failure: deadLetter, by: decision.by, why: decision.reason };
}

/** Anyone may send a signal: a payload that isn't an OperatorRequest counts as an empty one. */
function parseOperatorRequest(request: unknown): OperatorRequest {
  if (typeof request !== 'object' || request === null) return {};
  const { accountIsServed, destination, by, reason, parkedBy } = request as Record<string, unknown>;
  return {
    ...(destination !== undefined && { destination: destination as Destination }),
    ...(typeof by === 'string' && { by }),
    ...(typeof reason === 'string' && { reason }),
    ...(typeof parkedBy === 'string' && { parkedBy }),
    ...(accountIsServed === true && { accountIsServed }),
  };
}
