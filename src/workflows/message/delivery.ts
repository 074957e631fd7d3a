import { lastNumber } from '../../domain/attemptLog.js';
import type { Attempt, Receipt } from '../../domain/delivery.js';
import type { DeliverFailure } from '../../contract/deliverFailure.js';
import type { OperatorRequest } from '../../contract/signals.js';
import type { DeliveryPlan } from '../../contract/deliverMessage.js';
import type { Destination } from '../../domain/destination.js';
import type { DeadLetter } from '../../domain/deadLetter.js';

export type Decision = { action: 'retry' | 'discard' } & Pick<OperatorRequest, 'by' | 'reason'>;

/** One delivery of a message as the workflow knows it. Signal handlers decide on it; the workflow function acts on it. */
export class Delivery {
  readonly plan: DeliveryPlan;
  /** The attempts up to the last outcome that the workflow saw. */
  attempts: Attempt[];
  /** The number of the last attempt that a person has known of when they asked for a retry, or for a reset. */
  decidedUpTo: number;
  receipt: Receipt | undefined;
  deadLetter: DeadLetter | undefined;
  decision: Decision | undefined;
  /** It has been given to its task queue at least once. */
  begun = false;
  /** It has been a dead letter at least once. */
  wasDeadLettered = false;
  /** A fallback that turned out not to be needed. */
  notNeeded = false;
  /** It was not confirmed in time: the last word on this delivery. `at` is when that was found. */
  expired: DeadLetter | undefined;
  /** Given up by a person: the last word on this delivery. */
  discarded: (DeadLetter & { by: string | undefined; why: string | undefined }) | undefined;

  constructor(plan: DeliveryPlan, earlierAttempts: Attempt[]) {
    this.plan = plan;
    this.attempts = earlierAttempts;
    this.decidedUpTo = lastNumber(earlierAttempts);
  }

  get destination(): Destination {
    return this.plan.destination;
  }

  confirm(receipt: Receipt, attempts: Attempt[]): void {
    this.receipt = receipt;
    this.attempts = attempts;
  }

  /** Nothing more happens to it. */
  get isOver(): boolean {
    return Boolean(this.receipt ?? this.discarded ?? this.expired) || this.notNeeded;
  }

  standDown(): void {
    this.notNeeded = true;
  }

  /** The attempts that its retry profile has left. What failed for the account's sake is not among those it has used. */
  get attemptsLeft(): number {
    const forTheAccount = this.attempts.filter(
      ({ number, outcome, reason }) =>
        number > this.decidedUpTo && outcome === 'transient' && reason === 'credentials_rejected',
    ).length;
    const used = lastNumber(this.attempts) - this.decidedUpTo - forTheAccount;
    return Math.max(1, this.plan.retry.attempts - used);
  }

  /** Its attempts ended without a post: it is parked, unless there is no time left, or it is to be attempted again. */
  fail({ reason, detail, attempts, ending }: DeliverFailure, now: Date): void {
    this.attempts = attempts;
    const failure = { reason, detail, at: now.toISOString() };
    if (ending === 'expired') {
      this.expired = failure;
    } else if (ending !== 'held_back') {
      this.deadLetter = failure;
      this.wasDeadLettered = true;
    }
  }

  expireUnattempted(now: Date): void {
    const reason = this.attempts.at(-1)?.reason ?? 'expired';
    const detail = 'Its time was over before it could be tried.';
    this.expired = { reason, detail, at: now.toISOString() };
  }

  /** Takes a person's decision. The first one counts, and only while the delivery is parked. */
  decide(action: Decision['action'], request: unknown): void {
    if (!this.deadLetter || this.decision) return;
    const { destination, by, reason, parkedBy } = asOperatorRequest(request);
    if (destination !== undefined && destination !== this.destination) return;
    if (parkedBy !== undefined && parkedBy < this.deadLetter.at) return;
    this.decision = { action, by, reason };
  }

  /** Leaves the parking place as the person decided, back on its way or given up; without a decision it has expired. */
  unpark(now: Date): void {
    if (this.deadLetter && !this.decision) {
      this.expired = { ...this.deadLetter, at: now.toISOString() };
    }
    if (this.deadLetter && this.decision?.action === 'discard') {
      const { by, reason: why } = this.decision;
      this.discarded = { ...this.deadLetter, by, why };
    }
    this.deadLetter = undefined;
    this.decision = undefined;
    this.decidedUpTo = lastNumber(this.attempts);
  }
}

/** Signals come from anywhere: a payload that isn't an OperatorRequest counts as none, and names nobody. */
function asOperatorRequest(request: unknown): OperatorRequest {
  if (typeof request !== 'object' || request === null) return {};
  const { destination, by, reason, parkedBy } = request as Record<string, unknown>;
  return {
    ...(destination !== undefined && { destination: destination as Destination }),
    ...(typeof by === 'string' && { by }),
    ...(typeof reason === 'string' && { reason }),
    ...(typeof parkedBy === 'string' && { parkedBy }),
  };
}
