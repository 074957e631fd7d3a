/** Decodes the history and the pending activities of a `deliverMessage` workflow into plain values. */
import type { LoadedDataConverter } from '@temporalio/common';
import proto, { type temporal } from '@temporalio/proto';
import { isDelivery } from '../contract/activities.js';
import type { DeliverInput, DeliverResult } from '../contract/deliver.js';
import {
  readMessageInput,
  type DeliverMessageInput,
  type DeliverMessageResult,
  type StoredMessageInput,
} from '../contract/deliverMessage.js';
import { conversationTurnSignal, type ConversationTurn } from '../contract/conversation.js';
import { deliveryIndexOf } from '../contract/names.js';
import {
  attemptsBeforeCancelSignal,
  rescheduleUpdate,
  type AttemptsBeforeCancel,
  type OperatorRequest,
} from '../contract/signals.js';
import type { RescheduleRequest } from '../domain/rescheduling.js';
import type { Attempt } from '../domain/delivery.js';
import type { OperatorAction } from '../domain/messageState.js';
import { optionalTsToDate, requiredTsToDate } from '../temporal/sdkInternals.js';
import { decodeFailure, decodeText, decodeValues } from './payloads.js';

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type PendingActivityInfo = temporal.api.workflow.v1.IPendingActivityInfo;

const { RETRY_STATE_TIMEOUT } = proto.temporal.api.enums.v1.RetryState;
const { PENDING_ACTIVITY_STATE_SCHEDULED } = proto.temporal.api.enums.v1.PendingActivityState;

/** What an event of the history says about the message. `scheduledId`: the id of the event that scheduled the activity. */
export type MessageEvent =
  | { kind: 'message_started'; input: DeliverMessageInput }
  | {
      kind: 'activity_scheduled';
      scheduledId: string;
      activityId: string;
      at: Date;
      input: DeliverInput;
    }
  | { kind: 'activity_completed'; scheduledId: string; at: Date; result: DeliverResult }
  | {
      kind: 'activity_failed';
      scheduledId: string;
      at: Date;
      failure: Error | undefined;
      /** It ended because of its time limit. */
      timeIsUp: boolean;
    }
  /** `attempts`: what its last attempt recorded of all of them; undefined where Temporal cancelled it between two. */
  | { kind: 'activity_cancelled'; scheduledId: string; attempts: Attempt[] | undefined }
  | { kind: 'attempts_recorded'; deliveries: AttemptsBeforeCancel[] }
  | { kind: 'operator_acted'; action: OperatorAction }
  /** The conversation has signalled a delivery that waits for its turn. */
  | { kind: 'turn_given'; at: string; deliveryIndex: number; supersededBy: string | undefined }
  | { kind: 'rescheduled'; at: string; request: RescheduleRequest }
  | { kind: 'message_failed'; failure: string | undefined }
  /** The event has joined a group, whose message has this deduplication key. */
  | { kind: 'grouped'; message: string };

/** An activity that Temporal still has to finish. */
export interface PendingActivity {
  activityId: string;
  /** Temporal's number of the attempt that is under way or comes next, from 1. */
  attempt: number;
  /** The attempt log that the last attempt left. */
  heartbeat: Attempt[] | undefined;
  lastFailure: Error | undefined;
  /** No worker has it. */
  isQueued: boolean;
  /** ISO 8601: when the attempt that waits for a worker may begin. */
  dueAt: string | undefined;
  /** ISO 8601: when the attempt that is under way began. */
  startedAt: string | undefined;
}

/** The events that say something about the message, in their order. */
export async function decodeEvents(
  converter: LoadedDataConverter,
  events: readonly HistoryEvent[],
): Promise<MessageEvent[]> {
  const decoded = await Promise.all(events.map((event) => decodeEvent(converter, event)));
  return decoded.filter((event) => event !== undefined);
}

async function decodeEvent(
  converter: LoadedDataConverter,
  event: HistoryEvent,
): Promise<MessageEvent | undefined> {
  if (event.workflowExecutionStartedEventAttributes) {
    const { input: payloads } = event.workflowExecutionStartedEventAttributes;
    const [input] = await decodeValues<[StoredMessageInput]>(converter, payloads);
    return { kind: 'message_started', input: readMessageInput(input) };
  }
  if (event.activityTaskScheduledEventAttributes) {
    const {
      activityId,
      activityType,
      input: payloads,
    } = event.activityTaskScheduledEventAttributes;
    // A retried message also asks whether its account is still there.
    if (!isDelivery(activityType?.name)) return undefined;
    const [input] = await decodeValues<[DeliverInput]>(converter, payloads);
    const scheduledId = String(event.eventId);
    return {
      kind: 'activity_scheduled',
      scheduledId,
      activityId: activityId ?? '',
      at: at(event),
      input,
    };
  }
  if (event.activityTaskCompletedEventAttributes) {
    const { scheduledEventId, result: payloads } = event.activityTaskCompletedEventAttributes;
    const [result] = await decodeValues<[DeliverResult]>(converter, payloads);
    const scheduledId = String(scheduledEventId);
    return { kind: 'activity_completed', scheduledId, at: at(event), result };
  }
  const ended =
    event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  if (ended) {
    return {
      kind: 'activity_failed',
      scheduledId: String(ended.scheduledEventId),
      at: at(event),
      failure: await decodeFailure(converter, ended.failure),
      timeIsUp: ended.retryState === RETRY_STATE_TIMEOUT,
    };
  }
  if (event.activityTaskCanceledEventAttributes) {
    const { details, scheduledEventId } = event.activityTaskCanceledEventAttributes;
    const [log] = await decodeValues<[unknown?]>(converter, details);
    const attempts = Array.isArray(log) ? (log as Attempt[]) : undefined;
    return { kind: 'activity_cancelled', scheduledId: String(scheduledEventId), attempts };
  }
  if (event.workflowExecutionSignaledEventAttributes) {
    return await decodeSignal(converter, event, event.workflowExecutionSignaledEventAttributes);
  }
  if (event.workflowExecutionCancelRequestedEventAttributes) {
    const request = event.workflowExecutionCancelRequestedEventAttributes;
    return await decodeCancelRequest(converter, event, request);
  }
  if (event.workflowExecutionUpdateAcceptedEventAttributes) {
    const { input } = event.workflowExecutionUpdateAcceptedEventAttributes.acceptedRequest ?? {};
    if (input?.name !== rescheduleUpdate.name) return undefined;
    const [request] = await decodeValues<[RescheduleRequest]>(converter, input.args);
    return { kind: 'rescheduled', at: at(event).toISOString(), request };
  }
  if (event.workflowExecutionCompletedEventAttributes) {
    const { result: payloads } = event.workflowExecutionCompletedEventAttributes;
    const [result] = await decodeValues<[DeliverMessageResult?]>(converter, payloads);
    return result?.groupedIn === undefined
      ? undefined
      : { kind: 'grouped', message: result.groupedIn };
  }
  if (event.workflowExecutionFailedEventAttributes) {
    const failure = await decodeFailure(
      converter,
      event.workflowExecutionFailedEventAttributes.failure,
    );
    return { kind: 'message_failed', failure: failure?.message };
  }
  return undefined;
}

async function decodeSignal(
  converter: LoadedDataConverter,
  event: HistoryEvent,
  signal: temporal.api.history.v1.IWorkflowExecutionSignaledEventAttributes,
): Promise<MessageEvent | undefined> {
  const action = signal.signalName;
  if (action === conversationTurnSignal.name) {
    const [turn] = await decodeValues<[Partial<ConversationTurn>?]>(converter, signal.input);
    const { deliveryId = '', supersededBy } = turn ?? {};
    const deliveryIndex = deliveryIndexOf(deliveryId);
    return { kind: 'turn_given', at: at(event).toISOString(), deliveryIndex, supersededBy };
  }
  if (action === attemptsBeforeCancelSignal.name) {
    const [given] = await decodeValues<[unknown?]>(converter, signal.input);
    const deliveries = Array.isArray(given) ? given.filter(isAttemptsBeforeCancel) : [];
    return { kind: 'attempts_recorded', deliveries };
  }
  if (action !== 'retry' && action !== 'discard') return undefined;
  const [request] = await decodeValues<[OperatorRequest?]>(converter, signal.input);
  const { by, reason, destination, parkedBy } = request ?? {};
  return {
    kind: 'operator_acted',
    action: { action, at: at(event).toISOString(), by, reason, destination, parkedBy },
  };
}

/** Anyone may send a signal. */
function isAttemptsBeforeCancel(given: unknown): given is AttemptsBeforeCancel {
  if (typeof given !== 'object' || given === null) return false;
  const { attempts, destination } = given as Record<string, unknown>;
  return typeof destination === 'string' && Array.isArray(attempts);
}

async function decodeCancelRequest(
  converter: LoadedDataConverter,
  event: HistoryEvent,
  { cause, identity }: temporal.api.history.v1.IWorkflowExecutionCancelRequestedEventAttributes,
): Promise<MessageEvent> {
  return {
    kind: 'operator_acted',
    action: {
      action: 'cancel',
      at: at(event).toISOString(),
      by: identity ?? undefined,
      reason: cause ? await decodeText(converter, cause) : undefined,
    },
  };
}

export async function decodePendingActivity(
  converter: LoadedDataConverter,
  pending: PendingActivityInfo,
): Promise<PendingActivity> {
  const [heartbeat] = await decodeValues<[Attempt[]?]>(converter, pending.heartbeatDetails);
  return {
    activityId: pending.activityId ?? '',
    attempt: pending.attempt ?? 1,
    heartbeat,
    lastFailure: await decodeFailure(converter, pending.lastFailure),
    isQueued: pending.state === PENDING_ACTIVITY_STATE_SCHEDULED,
    dueAt: optionalTsToDate(pending.scheduledTime)?.toISOString(),
    startedAt: optionalTsToDate(pending.lastStartedTime)?.toISOString(),
  };
}

function at(event: HistoryEvent): Date {
  return requiredTsToDate(event.eventTime, 'eventTime');
}
