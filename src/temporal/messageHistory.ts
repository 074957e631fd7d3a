/**
 * Reads the whole state of a message from Temporal's history and pending activities: the audit trail is the only record,
 * and it answers while no worker runs.
 */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { optionalTsToDate, requiredTsToDate } from '@temporalio/common/lib/time.js';
import proto, { type temporal } from '@temporalio/proto';
import type { DeliverInput, DeliverResult } from '../contract/deliver.js';
import { AttemptLog, lastNumber } from '../attemptLog.js';
import type { Attempt, DeliveryStatus, FailureReason, Receipt } from '../delivery.js';
import type { Content, Correlation, Destination } from '../message.js';
import type { OperatorRequest } from '../contract/signals.js';
import { readDeliverFailure } from '../contract/deliverFailure.js';
import { describeMessage, summarise, type MessageSummary } from './messageExecution.js';
import { readQueueLimits } from './queueLimits.js';
import type { DeliverMessageInput, DeliveryPlan } from '../contract/deliverMessage.js';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;
type Payloads = temporal.api.common.v1.IPayloads;

export interface DeliveryState {
  destination: Destination;
  status: DeliveryStatus;
  attempts: Attempt[];
  receipt?: Receipt | undefined;
  /** Why the last failed attempt failed, or why it is parked. */
  reason?: FailureReason | undefined;
  /** The same in words. */
  detail?: string | undefined;
  /** When the next attempt is due, while one is waited for. */
  nextAttemptAt?: string | undefined;
  /** While the first attempt since it was accepted, or retried, waits for its turn. */
  queuedSince?: string | undefined;
  /** While an attempt is under way. */
  attemptSince?: string | undefined;
  /** Why its account's queue is held back, while it waits in it. */
  heldBack?: string | undefined;
  /** While it waits for a person. */
  parkedAt?: string | undefined;
  /** A fallback: the destination that it stands in for. */
  fallbackFor?: Destination | undefined;
}

/** What a person did. */
export interface OperatorAction {
  action: 'retry' | 'discard' | 'cancel';
  at: string;
  by?: string | undefined;
  reason?: string | undefined;
  destination?: string | undefined;
}

export interface MessageState extends MessageSummary {
  deliveries: DeliveryState[];
  operatorActions: OperatorAction[];
  /** Not posted before. */
  deliverAt?: string | undefined;
  /** Not posted after. */
  expiresAt?: string | undefined;
  /** How the workflow ended, where it didn't end confirmed. */
  failure?: string | undefined;
}

/** What happened to a delivery, besides its attempts. */
export interface DeliveryMoment {
  /** `queued`: given to its account's queue, at first or again. */
  kind: 'queued' | 'dead_lettered' | 'expired';
  at: string;
  destination: Destination;
  reason?: FailureReason | undefined;
  detail?: string | undefined;
}

/** All that is known of a message. */
export interface MessageRecord {
  state: MessageState;
  /** In time order. */
  moments: DeliveryMoment[];
  content: Content;
  correlation: Correlation | undefined;
  runId: string;
  /** The history that all this was read from. */
  events: HistoryEvent[];
}

/** The state of a message's newest run; undefined when there is no such message. */
export async function readMessage(
  client: Client,
  deduplicationKey: string,
): Promise<MessageState | undefined> {
  return (await readMessageRecord(client, deduplicationKey))?.state;
}

/** All that is known of a message's newest run; undefined when there is no such message. */
export async function readMessageRecord(
  client: Client,
  deduplicationKey: string,
): Promise<MessageRecord | undefined> {
  const description = await describeMessage(client, deduplicationKey);
  if (!description) return undefined;
  const handle = client.workflow.getHandle(deduplicationKey, description.runId);
  const history = await handle.fetchHistory();
  // History only grows: cut to its length at the description, both tell of one moment.
  const events = history.events?.slice(0, description.historyLength) ?? [];
  const reading = new HistoryReading(client.options.loadedDataConverter);
  for (const event of events) await reading.take(event);
  for (const pending of description.raw.pendingActivities ?? []) await reading.takePending(pending);
  const { content, correlation, deliveries } = reading.input;
  const state = reading.state(description);
  await tellHeldBack(client, state, deliveries);
  return {
    state,
    moments: reading.moments,
    content,
    correlation,
    runId: description.runId,
    events,
  };
}

/** Says of what waits for its turn why its queue gives no turns at all: the account is in trouble, or a person stopped it. */
async function tellHeldBack(
  client: Client,
  { deliveries }: MessageState,
  plans: readonly DeliveryPlan[],
): Promise<void> {
  const waiting = new Map<string, DeliveryState[]>();
  for (const [index, delivery] of deliveries.entries()) {
    const { nextAttemptAt, queuedSince } = delivery;
    const taskQueue = plans[index]?.taskQueue;
    if (taskQueue === undefined || (queuedSince ?? nextAttemptAt) === undefined) continue;
    waiting.set(taskQueue, [...(waiting.get(taskQueue) ?? []), delivery]);
  }
  // Many destinations may be one account's, which has one queue.
  await Promise.all(
    [...waiting].map(async ([taskQueue, held]) => {
      const { perQueue, reason } = await readQueueLimits(client, taskQueue);
      if (perQueue !== 0) return;
      for (const delivery of held) delivery.heldBack = reason?.replace(/^sendproof: /, '') ?? '';
    }),
  );
}

interface Scheduled {
  delivery: DeliveryState;
  activityId: string;
  earlier: Attempt[];
  decidedUpTo: number | undefined;
  allowedAttempts: number;
  at: Date;
}

/** A fold over the events of one `deliverMessage` history, in their order. */
class HistoryReading {
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
