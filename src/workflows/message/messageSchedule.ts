import {
  ApplicationFailure,
  condition,
  upsertMemo,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import {
  expiresFirst,
  rescheduled,
  type RescheduleRefusal,
  type RescheduleRequest,
  type Schedule,
} from '../../domain/rescheduling.js';
import { deliveryStatusAttribute } from '../../contract/searchAttributes.js';
import type { DeliverMessageInput } from '../../contract/deliverMessage.js';
import { isSealed } from '../../domain/sealedContent.js';
import { millisecondsUntil } from './time.js';

/** When a message is delivered. It can be changed until the message begins. */
export class MessageSchedule {
  #schedule: Schedule;
  #changes = 0;
  #hasBegun = false;

  /** Of sealed content: when its key is destroyed, ISO 8601. */
  readonly #contentUntil: string | undefined;

  constructor({ content, deliverAt, expiresAt }: Schedule & Pick<DeliverMessageInput, 'content'>) {
    this.#schedule = { deliverAt, expiresAt };
    this.#contentUntil = isSealed(content) ? content.until : undefined;
  }

  /** Throws an ApplicationFailure whose type is a RescheduleRefusal. Such an update leaves no trace in the history. */
  validate(request: RescheduleRequest): void {
    if (this.#hasBegun) throw refusal('begun', 'The message has begun.');
    const schedule = rescheduled(this.#schedule, request);
    if (expiresFirst(schedule)) {
      throw refusal('expires_first', 'The message would expire before it could be posted.');
    }
    if (expiresFirst({ deliverAt: schedule.deliverAt, expiresAt: this.#contentUntil })) {
      throw refusal('erased_first', 'Its content would be erased before it could be posted.');
    }
  }

  /**
   * Changes the times, and publishes them: in the memo, and in a search attribute, since Temporal's own start delay has ended
   * when a worker handles this.
   */
  change(request: RescheduleRequest): Schedule {
    this.#schedule = rescheduled(this.#schedule, request);
    this.#changes += 1;
    const { deliverAt, expiresAt } = this.#schedule;
    upsertMemo({ schedule: { deliverAt: deliverAt ?? null, expiresAt: expiresAt ?? null } });
    upsertSearchAttributes([{ key: deliveryStatusAttribute, value: 'Scheduled' }]);
    return this.#schedule;
  }

  /** Resolves with the times when the message is due. Temporal delays the start itself, but an update ends that delay. */
  async begin(): Promise<Schedule> {
    while (!(await this.#isDue()));
    this.#hasBegun = true;
    if (this.#changes > 0) {
      upsertSearchAttributes([{ key: deliveryStatusAttribute, value: null }]);
    }
    return this.#schedule;
  }

  /** Resolves with false when the times have changed. */
  async #isDue(): Promise<boolean> {
    const earlyMs = millisecondsUntil(this.#schedule.deliverAt) ?? 0;
    if (earlyMs === 0) return true;
    const seen = this.#changes;
    return !(await condition(() => this.#changes !== seen, earlyMs));
  }
}

function refusal(type: RescheduleRefusal, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}
