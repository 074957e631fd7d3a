/** Folds the events of a `deliverMessage` workflow, in their order, into what they say about its message. */
import { withoutSearch } from '../domain/attemptLog.js';
import { readDeliverFailure } from '../contract/deliverFailure.js';
import type { AttemptsBeforeCancel } from '../contract/signals.js';
import type { Turn } from '../contract/deliver.js';
import { withinRetention, type DeliverMessageInput } from '../contract/deliverMessage.js';
import type { Attempt, PostedParts } from '../domain/delivery.js';
import type { Destination } from '../domain/destination.js';
import type { DeliveryMoment, DeliveryState, OperatorAction } from '../domain/messageState.js';
import { rescheduled } from '../domain/rescheduling.js';
import type { Unposted } from '../domain/unposted.js';
import type { MessageEvent } from './messageEvents.js';

export interface HistoryReading {
  readonly input: DeliverMessageInput;
  /** In the order of the input. */
  readonly deliveries: readonly DeliveryState[];
  readonly activities: readonly DeliverActivity[];
  readonly operatorActions: readonly OperatorAction[];
  readonly moments: readonly DeliveryMoment[];
  /** By the index of the delivery: the message that has superseded it, since its last activity was scheduled. */
  readonly supersededBy: Readonly<Record<number, string | undefined>>;
  /** By the index of the delivery: its last activity, while the history doesn't have the attempts of it. */
  readonly unrecorded: Readonly<Record<number, DeliverActivity | undefined>>;
  /** How the workflow failed. */
  readonly failure: string | undefined;
}

/** An activity that was scheduled for a delivery. */
export interface DeliverActivity {
  readonly scheduledId: string;
  readonly activityId: string;
  readonly scheduledAt: Date;
  /** Its delivery's place in the reading's `deliveries`. */
  readonly deliveryIndex: number;
  readonly destination: Destination;
  readonly earlierAttempts: Attempt[];
  readonly decidedUpTo: number | undefined;
  readonly posted: PostedParts | undefined;
  readonly allowedAttempts: number;
}

type EventOf<Kind extends MessageEvent['kind']> = Extract<MessageEvent, { kind: Kind }>;

/** @throws Error where the first event is not the start of a message */
export function readHistory([start, ...events]: readonly MessageEvent[]): HistoryReading {
  if (start?.kind !== 'message_started') throw new Error('The history has no start');
  return events.reduce(applyEvent, beginReading(start.input));
}

function beginReading(sent: DeliverMessageInput): HistoryReading {
  const input = withinRetention(sent);
  const unposted = input.unposted?.destinations.map((destination): DeliveryState => ({
    destination,
    attempts: [],
    stage: unpostedStage(input.unposted),
  }));
  const planned = input.deliveries.map(({ destination, fallbackFor }): DeliveryState => ({
    destination,
    attempts: [],
    ...(fallbackFor === undefined
      ? { stage: { kind: 'accepted' } }
      : {
          fallbackFor: input.deliveries[fallbackFor]?.destination,
          stage: { kind: 'standby' },
        }),
  }));
  return {
    input,
    deliveries: unposted ?? planned,
    activities: [],
    operatorActions: [],
    moments: [],
    supersededBy: {},
    unrecorded: {},
    failure: undefined,
  };
}

function unpostedStage(unposted: Unposted | undefined, message?: string): DeliveryState['stage'] {
  if (unposted?.kind === 'muted')
    return { kind: 'muted', route: unposted.route, until: unposted.until };
  return { kind: 'grouped', route: unposted?.route ?? '', message };
}

function applyEvent(reading: HistoryReading, event: MessageEvent): HistoryReading {
  switch (event.kind) {
    case 'message_started':
      return beginReading(event.input);
    case 'activity_scheduled':
      return activityScheduled(reading, event);
    case 'activity_completed':
      return recorded(activityCompleted(reading, event), event.scheduledId);
    case 'activity_failed':
      return recorded(activityFailed(reading, event), event.scheduledId);
    case 'activity_cancelled': {
      const activity = activityOf(reading, event.scheduledId);
      if (!activity || !event.attempts) return reading;
      return withAttempts(reading, activity, event.attempts);
    }
    case 'attempts_recorded':
      return event.deliveries.reduce(attemptsRecorded, reading);
    case 'operator_acted':
      return { ...reading, operatorActions: [...reading.operatorActions, event.action] };
    case 'turn_given':
      return turnGiven(reading, event);
    case 'rescheduled':
      return messageRescheduled(reading, event);
    case 'message_failed':
      return { ...reading, failure: event.failure };
    case 'grouped': {
      const stage = unpostedStage(reading.input.unposted, event.message);
      return { ...reading, deliveries: reading.deliveries.map((each) => ({ ...each, stage })) };
    }
  }
}

function activityScheduled(
  reading: HistoryReading,
  { scheduledId, activityId, at: scheduledAt, input }: EventOf<'activity_scheduled'>,
): HistoryReading {
  const { destination } = input;
  const deliveryIndex = reading.deliveries.findIndex((each) => each.destination === destination);
  if (deliveryIndex === -1) return reading;
  const since = scheduledAt.toISOString();
  const activity: DeliverActivity = {
    scheduledId,
    activityId,
    scheduledAt,
    deliveryIndex,
    destination,
    earlierAttempts: input.earlierAttempts,
    decidedUpTo: input.decidedUpTo,
    posted: input.posted ?? undefined,
    allowedAttempts: input.retry.attempts,
  };
  const moment: DeliveryMoment = { kind: 'queued', at: since, destination };
  return {
    ...withDelivery(reading, activity, { stage: { kind: 'queued', since } }),
    activities: [...reading.activities, activity],
    unrecorded: { ...reading.unrecorded, [deliveryIndex]: activity },
    supersededBy: { ...reading.supersededBy, [deliveryIndex]: undefined },
    moments: isNextPart(activity) ? reading.moments : [...reading.moments, moment],
  };
}

/** The reading after the end of an activity, which has its attempts. */
function recorded(reading: HistoryReading, scheduledId: string): HistoryReading {
  const { deliveryIndex } = activityOf(reading, scheduledId) ?? {};
  if (deliveryIndex === undefined) return reading;
  return { ...reading, unrecorded: { ...reading.unrecorded, [deliveryIndex]: undefined } };
}

function withAttempts(
  reading: HistoryReading,
  activity: DeliverActivity,
  attempts: Attempt[],
): HistoryReading {
  return recorded(withDelivery(reading, activity, { attempts }), activity.scheduledId);
}

function attemptsRecorded(
  reading: HistoryReading,
  { attempts, destination }: AttemptsBeforeCancel,
): HistoryReading {
  const activity = Object.values(reading.unrecorded).find(
    (each) => each?.destination === destination,
  );
  return activity ? withAttempts(reading, activity, attempts) : reading;
}

/** Whether the attempt before this activity posted a part: this one follows at once. */
function isNextPart({ earlierAttempts, posted }: DeliverActivity): boolean {
  return posted !== undefined && earlierAttempts.at(-1)?.outcome === 'delivered';
}

function activityCompleted(
  reading: HistoryReading,
  { scheduledId, at, result }: EventOf<'activity_completed'>,
): HistoryReading {
  const activity = activityOf(reading, scheduledId);
  if (!activity) return reading;
  const { attempts, posted } = result;
  const queued = { kind: 'queued', since: at.toISOString() } as const;
  if (result.turn)
    return turnTaken(withDelivery(reading, activity, { attempts }), activity, at, result.turn);
  const isPartly = posted !== undefined || result.replyLeft === true;
  return withDelivery(reading, activity, {
    attempts,
    posted,
    stage: isPartly ? queued : { kind: 'confirmed', receipt: result.receipt },
  });
}

/** What the conversation answered to an activity, which has posted nothing. */
function turnTaken(
  reading: HistoryReading,
  activity: DeliverActivity,
  time: Date,
  turn: Turn,
): HistoryReading {
  const at = time.toISOString();
  const { deliveryIndex, destination } = activity;
  switch (turn.kind) {
    case 'again':
      return withDelivery(reading, activity, { stage: { kind: 'queued', since: at } });
    case 'superseded':
      return superseded(reading, activity, at, turn.by);
    case 'wait': {
      const kind = 'awaiting_turn';
      const moment: DeliveryMoment = { kind, at, destination, message: turn.behind };
      const waiting = {
        ...withDelivery(reading, activity, { stage: { kind, since: at, behind: turn.behind } }),
        moments: [...reading.moments, moment],
      };
      // The signal may be in the history before the end of the activity.
      const by = reading.supersededBy[deliveryIndex];
      return by === undefined ? waiting : superseded(waiting, activity, at, by);
    }
  }
}

function turnGiven(
  reading: HistoryReading,
  { at, deliveryIndex, supersededBy }: EventOf<'turn_given'>,
): HistoryReading {
  const delivery = reading.deliveries[deliveryIndex];
  if (!delivery || supersededBy === undefined) return reading;
  const { destination, stage } = delivery;
  if (stage.kind === 'awaiting_turn') {
    return superseded(reading, { deliveryIndex, destination }, at, supersededBy);
  }
  return {
    ...reading,
    supersededBy: { ...reading.supersededBy, [deliveryIndex]: supersededBy },
  };
}

function superseded(
  reading: HistoryReading,
  delivery: Pick<DeliverActivity, 'deliveryIndex' | 'destination'>,
  at: string,
  by: string,
): HistoryReading {
  const kind = 'superseded';
  const moment: DeliveryMoment = { kind, at, destination: delivery.destination, message: by };
  return {
    ...withDelivery(reading, delivery, { stage: { kind, by } }),
    moments: [...reading.moments, moment],
  };
}

function activityFailed(
  reading: HistoryReading,
  event: EventOf<'activity_failed'>,
): HistoryReading {
  const activity = activityOf(reading, event.scheduledId);
  if (!activity) return reading;
  const { destination, scheduledAt } = activity;
  const { attempts, detail, ending, reason } = readDeliverFailure(event.failure, {
    earlier: activity.earlierAttempts,
    scheduledAt,
    attempts: activity.allowedAttempts,
    onAmbiguous: reading.input.onAmbiguous,
    decidedUpTo: activity.decidedUpTo,
    posted: activity.posted,
    timeIsUp: event.timeIsUp,
  });
  if (ending === 'held_back') {
    // The workflow schedules it again after a pause.
    const since = scheduledAt.toISOString();
    return withDelivery(reading, activity, {
      attempts,
      stage: { kind: 'queued', since, reason, detail },
    });
  }
  const at = event.at.toISOString();
  // Where a cancellation was requested before, it ends the delivery, and nobody has to decide on it.
  const isCancelled = reading.operatorActions.some(({ action }) => action === 'cancel');
  if (isCancelled && ending !== 'expired') {
    return withDelivery(reading, activity, {
      attempts,
      stage: { kind: 'cancelled', reason, detail },
    });
  }
  const kind = ending === 'expired' ? 'expired' : 'dead_lettered';
  const stage: DeliveryState['stage'] =
    kind === 'expired' ? { kind, reason, detail } : { kind, parkedAt: at, reason, detail };
  return {
    ...withDelivery(reading, activity, { attempts, stage }),
    moments: [...reading.moments, { kind, at, destination, reason, detail }],
  };
}

function messageRescheduled(
  reading: HistoryReading,
  { at, request }: EventOf<'rescheduled'>,
): HistoryReading {
  const { deliverAt, expiresAt, by, reason } = request;
  const action: OperatorAction = { action: 'reschedule', at, by, reason, deliverAt, expiresAt };
  return {
    ...reading,
    input: withinRetention({ ...reading.input, ...rescheduled(reading.input, request) }),
    operatorActions: [...reading.operatorActions, action],
  };
}

/** The reading with the delivery of this activity changed. */
export function withDelivery(
  reading: HistoryReading,
  { deliveryIndex }: Pick<DeliverActivity, 'deliveryIndex'>,
  change: Partial<Pick<DeliveryState, 'attempts' | 'posted' | 'stage'>>,
): HistoryReading {
  return {
    ...reading,
    deliveries: reading.deliveries.map((delivery, index) =>
      index === deliveryIndex
        ? {
            ...delivery,
            ...change,
            ...(change.attempts && { attempts: change.attempts.map(withoutSearch) }),
          }
        : delivery,
    ),
  };
}

function activityOf(reading: HistoryReading, scheduledId: string): DeliverActivity | undefined {
  return reading.activities.find((activity) => activity.scheduledId === scheduledId);
}
