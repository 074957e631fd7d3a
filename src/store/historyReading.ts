import proto, { type temporal } from '@temporalio/proto';
import type {
  DeliveryState,
  OperatorAction,
  DeliveryMoment,
  MessageState,
  MessageSummary,
} from '../domain/messageState.js';
import type { Attempt, DeliveryStatus } from '../domain/delivery.js';
import type { LoadedDataConverter } from '@temporalio/common';
import type { DeliverMessageInput } from '../contract/deliverMessage.js';
import { AttemptLog, lastNumber } from '../domain/attemptLog.js';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { summarise } from './messageExecution.js';
import type { DeliverInput, DeliverResult } from '../contract/deliver.js';
import { readDeliverFailure } from '../contract/deliverFailure.js';
import type { OperatorRequest } from '../contract/signals.js';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
  optionalTsToDate,
  requiredTsToDate,
} from '../temporal/sdkInternals.js';

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;

type Payloads = temporal.api.common.v1.IPayloads;

interface Scheduled {
  delivery: DeliveryState;
  activityId: string;
  earlier: Attempt[];
  decidedUpTo: number | undefined;
  allowedAttempts: number;
  at: Date;
}

/** A fold over the events of one `deliverMessage` history, in their order. */
export class HistoryReading {
  readonly #converter: LoadedDataConverter;
  readonly #scheduled = new Map<string, Scheduled>();
  readonly #operatorActions: OperatorAction[] = [];
  readonly moments: DeliveryMoment[] = [];
  #deliveries: DeliveryState[] = [];
  #input: DeliverMessageInput | undefined;
  #failure: string | undefined;

  constructor(converter: LoadedDataConverter) {
    this.#converter = converter;
  }

  async take(event: HistoryEvent): Promise<void> {
    if (event.workflowExecutionStartedEventAttributes) {
      await this.#started(event.workflowExecutionStartedEventAttributes.input);
    } else if (event.activityTaskScheduledEventAttributes) {
      await this.#activityScheduled(event, event.activityTaskScheduledEventAttributes);
    } else if (event.activityTaskCompletedEventAttributes) {
      const { scheduledEventId, result } = event.activityTaskCompletedEventAttributes;
      await this.#activityCompleted(this.#find(scheduledEventId), result);
    } else if (event.activityTaskFailedEventAttributes) {
      const { scheduledEventId, failure, retryState } = event.activityTaskFailedEventAttributes;
      await this.#activityFailed(event, this.#find(scheduledEventId), failure, retryState);
    } else if (event.activityTaskTimedOutEventAttributes) {
      const { scheduledEventId, failure, retryState } = event.activityTaskTimedOutEventAttributes;
      await this.#activityFailed(event, this.#find(scheduledEventId), failure, retryState);
    } else if (event.workflowExecutionSignaledEventAttributes) {
      await this.#signaled(event, event.workflowExecutionSignaledEventAttributes);
    } else if (event.workflowExecutionCancelRequestedEventAttributes) {
      this.#cancelRequested(event, event.workflowExecutionCancelRequestedEventAttributes);
    } else if (event.workflowExecutionFailedEventAttributes) {
      const { failure } = event.workflowExecutionFailedEventAttributes;
      this.#failure = (await this.#error(failure))?.message;
    }
  }

  /** An activity that Temporal still has to finish: what its attempts came to so far, and when the next one is due. */
  async takePending(pending: PendingActivity): Promise<void> {
    const scheduled = [...this.#scheduled.values()].find(
      ({ activityId }) => activityId === pending.activityId,
    );
    if (!scheduled) return;
    const { delivery, earlier, at } = scheduled;
    const [heartbeat] = await this.#values<[Attempt[]?]>(pending.heartbeatDetails);
    const log = AttemptLog.restore(heartbeat, earlier, pending.attempt ?? 1, at);
    delivery.attempts = log.entries();
    const failure = await this.#error(pending.lastFailure);
    delivery.reason = delivery.attempts.at(-1)?.reason;
    delivery.detail = failure?.message;
    const waiting =
      pending.state ===
      proto.temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED;
    const due = optionalTsToDate(pending.scheduledTime);
    if (!waiting) {
      delivery.queuedSince = undefined;
      delivery.attemptSince = optionalTsToDate(pending.lastStartedTime)?.toISOString();
    }
    // It will still be handed to a worker, which will not post it any more.
    if (waiting && this.#hasExpired()) delivery.status = 'expired';
    else if (waiting && due && lastNumber(delivery.attempts) > lastNumber(earlier)) {
      delivery.queuedSince = undefined;
      delivery.nextAttemptAt = due.toISOString();
    }
  }

  state(description: WorkflowExecutionDescription): MessageState {
    const summary = summarise(description);
    for (const delivery of this.#deliveries) {
      delivery.status = finalStatus(delivery, summary, this.#operatorActions, this.#hasExpired());
      if (delivery.status !== 'delivering') delivery.queuedSince = undefined;
      if (delivery.status !== 'dead_lettered') delivery.parkedAt = undefined;
    }
    return {
      ...summary,
      deliveries: this.#deliveries,
      operatorActions: this.#operatorActions,
      deliverAt: this.#input?.deliverAt,
      expiresAt: this.#input?.expiresAt,
      failure: this.#failure,
    };
  }

  async #started(payloads: Payloads | null | undefined): Promise<void> {
    const [input] = await this.#values<[DeliverMessageInput]>(payloads);
    this.#input = input;
    this.#deliveries = input.deliveries.map(({ destination, fallbackFor }) => ({
      destination,
      status: fallbackFor === undefined ? 'accepted' : 'standby',
      attempts: [],
      fallbackFor:
        fallbackFor === undefined ? undefined : input.deliveries[fallbackFor]?.destination,
    }));
  }

  async #activityScheduled(
    event: HistoryEvent,
    attributes: temporal.api.history.v1.IActivityTaskScheduledEventAttributes,
  ): Promise<void> {
    const [input] = await this.#values<[DeliverInput]>(attributes.input);
    const delivery = this.#deliveries.find(({ destination }) => destination === input.destination);
    if (!delivery) return;
    const at = requiredTsToDate(event.eventTime, 'eventTime');
    Object.assign(delivery, {
      status: 'delivering',
      queuedSince: at.toISOString(),
      reason: undefined,
      detail: undefined,
      parkedAt: undefined,
    });
    this.moments.push({
      kind: 'queued',
      at: at.toISOString(),
      destination: delivery.destination,
    });
    this.#scheduled.set(String(event.eventId), {
      delivery,
      activityId: attributes.activityId ?? '',
      earlier: input.earlierAttempts,
      decidedUpTo: input.decidedUpTo,
      allowedAttempts: input.retry.attempts,
      at,
    });
  }

  async #activityCompleted(
    scheduled: Scheduled | undefined,
    result: Payloads | null | undefined,
  ): Promise<void> {
    if (!scheduled) return;
    const [{ receipt, attempts }] = await this.#values<[DeliverResult]>(result);
    Object.assign(scheduled.delivery, { status: 'confirmed', receipt, attempts });
  }

  async #activityFailed(
    event: HistoryEvent,
    scheduled: Scheduled | undefined,
    failure: temporal.api.failure.v1.IFailure | null | undefined,
    retryState: temporal.api.enums.v1.RetryState | null | undefined,
  ): Promise<void> {
    if (!scheduled) return;
    const { ending, ...known } = readDeliverFailure(await this.#error(failure), {
      earlier: scheduled.earlier,
      scheduledAt: scheduled.at,
      attempts: scheduled.allowedAttempts,
      onAmbiguous: this.#input?.onAmbiguous ?? 'resend',
      decidedUpTo: scheduled.decidedUpTo,
      timeIsUp: retryState === proto.temporal.api.enums.v1.RetryState.RETRY_STATE_TIMEOUT,
    });
    if (ending === 'held_back') {
      // Not the end of anything: it is queued again in a moment.
      Object.assign(scheduled.delivery, known);
      return;
    }
    const at = requiredTsToDate(event.eventTime, 'eventTime').toISOString();
    const expired = ending === 'expired';
    Object.assign(scheduled.delivery, {
      status: expired ? 'expired' : 'dead_lettered',
      parkedAt: expired ? undefined : at,
      ...known,
    });
    this.moments.push({
      kind: expired ? 'expired' : 'dead_lettered',
      at,
      destination: scheduled.delivery.destination,
      reason: known.reason,
      detail: known.detail,
    });
  }

  #cancelRequested(
    event: HistoryEvent,
    { cause, identity }: temporal.api.history.v1.IWorkflowExecutionCancelRequestedEventAttributes,
  ): void {
    this.#operatorActions.push({
      action: 'cancel',
      at: requiredTsToDate(event.eventTime, 'eventTime').toISOString(),
      by: identity ?? undefined,
      reason: cause === '' ? undefined : (cause ?? undefined),
    });
  }

  #hasExpired(): boolean {
    const expiresAt = this.#input?.expiresAt;
    return expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();
  }

  async #signaled(
    event: HistoryEvent,
    attributes: temporal.api.history.v1.IWorkflowExecutionSignaledEventAttributes,
  ): Promise<void> {
    const action = attributes.signalName;
    if (action !== 'retry' && action !== 'discard') return;
    const [request] = await this.#values<[OperatorRequest?]>(attributes.input);
    this.#operatorActions.push({
      action,
      at: requiredTsToDate(event.eventTime, 'eventTime').toISOString(),
      by: request?.by,
      reason: request?.reason,
      destination: request?.destination,
    });
  }

  /** @throws Error before the history's first event was taken */
  get input(): DeliverMessageInput {
    if (!this.#input) throw new Error('The history has no start');
    return this.#input;
  }

  #find(scheduledEventId: unknown): Scheduled | undefined {
    return this.#scheduled.get(String(scheduledEventId));
  }

  async #values<Values extends unknown[]>(payloads: Payloads | null | undefined): Promise<Values> {
    return (await decodeArrayFromPayloads(this.#converter, payloads?.payloads)) as Values;
  }

  async #error(
    failure: temporal.api.failure.v1.IFailure | null | undefined,
  ): Promise<Error | undefined> {
    return await decodeOptionalFailureToOptionalError(this.#converter, failure);
  }
}

/** What people or the clock decided, where the delivery's own events don't tell. */
function finalStatus(
  { destination, status }: DeliveryState,
  message: MessageSummary,
  operatorActions: OperatorAction[],
  hasExpired: boolean,
): DeliveryStatus {
  if (status === 'confirmed' || status === 'expired' || status === 'standby') return status;
  if (message.status === 'cancelled') return 'cancelled';
  // Nobody has taken it up, and who does now will not post it.
  if (status === 'accepted' && hasExpired) return 'expired';
  const parked = message.deadLetters.some((deadLetter) => deadLetter.destination === destination);
  const discarded = operatorActions.some(
    (action) => action.action === 'discard' && (action.destination ?? destination) === destination,
  );
  if (parked || status !== 'dead_lettered') return status;
  if (discarded) return 'discarded';
  return hasExpired ? 'expired' : status;
}
