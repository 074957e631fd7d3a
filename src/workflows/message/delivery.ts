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
  /** The attempts up to the last outcome that the workflow knows. */
  attempts: Attempt[];
  /** The number of the last attempt before a person's latest retry, or before a reset. */
  decidedUpTo: number;
  receipt: Receipt | undefined;
  deadLetter: DeadLetter | undefined;
  decision: Decision | undefined;
  /** Its activity has been scheduled at least once. */
  begun = false;
  /** It has been a dead letter at least once. */
  wasDeadLettered = false;
  /** A fallback whose primary delivery was confirmed or otherwise ended. */
  notNeeded = false;
  /** Set when it was not confirmed in time; final. `at` is when that was detected. */
  expired: DeadLetter | undefined;
  /** Set when a person discarded it; final. */
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

  /** Whether its status can't change any more. */
  get isFinal(): boolean {
    return Boolean(this.receipt ?? this.discarded ?? this.expired) || this.notNeeded;
  }

  markNotNeeded(): void {
    this.notNeeded = true;
  }

  /** How many attempts its retry profile still allows. Attempts that failed because the account is unavailable don't count. */
  get attemptsLeft(): number {
    const whileAccountUnavailable = this.attempts.filter(
      ({ number, outcome, reason }) =>
        number > this.decidedUpTo && outcome === 'transient' && reason === 'credentials_rejected',
    ).length;
    const used = lastNumber(this.attempts) - this.decidedUpTo - whileAccountUnavailable;
    return Math.max(1, this.plan.retry.attempts - used);
  }

  /** Records that its attempts ended without a post: it is parked, unless it has expired or is only held back. */
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

  expireWithoutAttempt(now: Date): void {
    const reason = this.attempts.at(-1)?.reason ?? 'expired';
    const detail = 'It expired before it could be attempted.';
    this.expired = { reason, detail, at: now.toISOString() };
  }

  /** Records a person's decision. Only the first one counts, and only while the delivery is parked. */
  decide(action: Decision['action'], request: unknown): void {
    if (!this.deadLetter || this.decision) return;
    const { destination, by, reason, parkedBy } = parseOperatorRequest(request);
    if (destination !== undefined && destination !== this.destination) return;
    if (parkedBy !== undefined && parkedBy < this.deadLetter.at) return;
    this.decision = { action, by, reason };
  }

  /** Ends the parking: retried or discarded as the person decided, or expired where nobody decided in time. */
  applyDecision(now: Date): void {
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

/** Anyone may send a signal: a payload that isn't an OperatorRequest counts as an empty one. */
function parseOperatorRequest(request: unknown): OperatorRequest {
  if (typeof request !== 'object' || request === null) return {};
  const { destination, by, reason, parkedBy } = request as Record<string, unknown>;
  return {
    ...(destination !== undefined && { destination: destination as Destination }),
    ...(typeof by === 'string' && { by }),
    ...(typeof reason === 'string' && { reason }),
    ...(typeof parkedBy === 'string' && { parkedBy }),
  };
}
