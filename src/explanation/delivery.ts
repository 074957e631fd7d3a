/** What became of one delivery, in one plain sentence: the true cause, and the next step. */
import { AttemptLog, lastNumber } from '../domain/attemptLog.js';
import { REMEDIES } from '../domain/remedies.js';
import { causeOf } from './cause.js';
import { clock } from './clock.js';
import { accountId } from '../domain/account.js';
import { parseDestination, type Destination } from '../domain/destination.js';
import {
  type DeliveryFailure,
  type DeliveryStage,
  type DeliveryState,
  type MessageState,
  type OperatorAction,
  confirmedAt,
} from '../domain/messageState.js';

const SEND_AGAIN = 'Send it again with a new key, if it still matters.';

/**
 * @param message the message that the delivery belongs to
 * @param now what is past and what is to come, and whether a time needs its date
 */
export function explainDelivery(delivery: DeliveryState, message: MessageState, now: Date): string {
  const { destination, stage } = delivery;
  switch (stage.kind) {
    case 'accepted':
      return explainAccepted(delivery, message, now);
    case 'standby':
      return message.closedAt === undefined
        ? `On standby: ${destination} is used if ${delivery.fallbackFor ?? 'another'} can’t be delivered or is late.`
        : `Not needed: ${destination} is the fallback of ${delivery.fallbackFor ?? 'another destination'}.`;
    case 'queued':
      return explainQueued(delivery, stage, message, now);
    case 'attempting':
      return explainAttempting(delivery, stage, message, now);
    case 'retrying':
      return explainRetrying(delivery, stage, now);
    case 'confirmed':
      return `${explainConfirmed(delivery, now)} Nothing is left to do.`;
    case 'dead_lettered':
      return explainDeadLettered(delivery, stage, message, now);
    case 'discarded': {
      const discard = lastAction('discard', delivery, message);
      return `Discarded${byWhom(discard, message, now)}: ${sentOrNot(delivery)} ${destination}, because ${whyNot(delivery, stage)}. ${SEND_AGAIN}`;
    }
    case 'expired': {
      const at = clock(message.expiresAt ?? message.closedAt ?? message.acceptedAt, now);
      const why =
        delivery.attempts.length === 0
          ? 'no attempt could be made before'
          : whyNot(delivery, stage);
      return `Expired at ${at}: ${sentOrNot(delivery)} ${destination}, because ${why}. ${SEND_AGAIN}`;
    }
    case 'cancelled': {
      const cancel = lastAction('cancel', delivery, message);
      return `Cancelled${byWhom(cancel, message, now)}: ${sentOrNot(delivery)} ${destination}. Send it again with a new key, if it is wanted after all.`;
    }
  }
}

/** A person's decision that the message's workflow has received, and not yet acted upon. */
export function pendingDecision(
  delivery: DeliveryState,
  message: MessageState,
): OperatorAction | undefined {
  const { stage } = delivery;
  if (stage.kind !== 'dead_lettered') return undefined;
  return message.operatorActions.find(
    (action) => action.at > stage.parkedAt && concerns(action, delivery),
  );
}

function explainAccepted({ destination }: DeliveryState, message: MessageState, now: Date): string {
  const { acceptedAt, deliverAt } = message;
  if (deliverAt !== undefined && Date.parse(deliverAt) > now.getTime()) {
    return `Scheduled: it will be posted to ${destination} at ${clock(deliverAt, now)}, as its deliverAt says.`;
  }
  return `Accepted at ${clock(acceptedAt, now)}, and not yet taken up by a worker: it will be posted to ${destination}. If this lasts, see that a worker runs.`;
}

type StageOf<Kind extends DeliveryStage['kind']> = Extract<DeliveryStage, { kind: Kind }>;

function explainQueued(
  delivery: DeliveryState,
  { heldBack, since }: StageOf<'queued'>,
  message: MessageState,
  now: Date,
): string {
  const { destination } = delivery;
  if (heldBack !== undefined) return explainHeldBack(destination, heldBack);
  const account = accountId(parseDestination(destination));
  const waits = `it waits for its turn in the queue of ${account} since ${clock(since, now)}`;
  return `${sentAgain(delivery, message, now) ?? 'Delivering: '}${waits}. If this lasts, see that a worker runs, and what limits the account has.`;
}

function explainAttempting(
  delivery: DeliveryState,
  { since }: StageOf<'attempting'>,
  message: MessageState,
  now: Date,
): string {
  const { attempts, destination } = delivery;
  const attempt = `attempt ${lastNumber(attempts) + 1} at ${destination}`;
  return `${sentAgain(delivery, message, now) ?? 'Delivering: '}${attempt} is under way since ${clock(since, now)}.`;
}

function explainRetrying(
  { attempts, destination }: DeliveryState,
  { heldBack, nextAttemptAt }: StageOf<'retrying'>,
  now: Date,
): string {
  if (heldBack !== undefined) return explainHeldBack(destination, heldBack);
  const cause = causeOf(attempts.at(-1) ?? {}, destination);
  const next = `attempt ${lastNumber(attempts) + 1}`;
  return Date.parse(nextAttemptAt) > now.getTime()
    ? `Waiting: ${cause}; ${next} at ${clock(nextAttemptAt, now)}.`
    : `Waiting: ${cause}; ${next} is due since ${clock(nextAttemptAt, now)} and waits for its turn. If this lasts, see that a worker runs.`;
}

function explainHeldBack(destination: Destination, reason: string): string {
  const why = reason === '' ? '' : ` (${reason})`;
  return `Waiting: the queue of the account of ${destination} is held back${why}; it goes on by itself when that is over. “sendproof doctor” tells what is wrong with the account.`;
}

/** `Sent again by ana at 11:02:03 UTC: `; undefined where nobody has asked for a retry. */
function sentAgain(delivery: DeliveryState, message: MessageState, now: Date): string | undefined {
  const retry = lastAction('retry', delivery, message);
  return retry && `Sent again${byWhom(retry, message, now)}: `;
}

function explainConfirmed({ attempts, destination }: DeliveryState, now: Date): string {
  const last = attempts.at(-1);
  const at = confirmedAt({ attempts });
  const when = at === undefined ? '' : ` at ${clock(at, now)}`;
  if (!last) return `Confirmed: posted to ${destination}${when}.`;

  const earlier = attempts.slice(0, -1);
  if (last.lookup === 'found') {
    const poster = earlier.findLast(({ outcome }) => outcome === 'ambiguous') ?? last;
    return `Confirmed: attempt ${poster.number} posted it to ${destination}, although ${causeOf(poster, destination)}; attempt ${last.number} found the post${when} and sent nothing again.`;
  }
  const failed = earlier.at(-1);
  if (!failed) return `Confirmed: posted to ${destination}${when}.`;
  const twice =
    last.lookup === 'refused'
      ? ' An earlier attempt may have posted it too, since nobody can search there.'
      : '';
  const cause = causeOf(failed, destination);
  const failures =
    failed.number === 1
      ? `attempt 1 failed because ${cause}`
      : `${failed.number} attempts failed, the last because ${cause}`;
  return `Confirmed: posted to ${destination}${when} by attempt ${last.number}, after ${failures}.${twice}`;
}

function explainDeadLettered(
  delivery: DeliveryState,
  stage: StageOf<'dead_lettered'>,
  message: MessageState,
  now: Date,
): string {
  const { destination } = delivery;
  const { parkedAt, reason } = stage;
  const since = clock(parkedAt, now);
  const what = `${capitalised(sentOrNot(delivery))} ${destination}: ${whyNot(delivery, stage)}`;
  const decision = pendingDecision(delivery, message);
  if (decision) {
    const asked =
      decision.action === 'retry'
        ? 'sent again'
        : decision.action === 'discard'
          ? 'given up'
          : 'cancelled';
    return `${what}; it will be ${asked}, as was decided${byWhom(decision, message, now)}. If this lasts, see that a worker runs.`;
  }
  const helped = message.deliveries.find(
    (each) => each.fallbackFor === destination && each.stage.kind === 'confirmed',
  );
  const instead = helped ? `; its fallback ${helped.destination} has it` : '';
  return `${what}${instead}; waiting for a person since ${since}. ${REMEDIES[reason ?? 'unexpected_answer']}`;
}

/** Whether it may be there all the same: an attempt whose outcome is unknown is not "never sent". */
function sentOrNot({ attempts }: DeliveryState): string {
  return new AttemptLog(attempts).unresolved().length > 0 ? 'perhaps sent to' : 'never sent to';
}

/** Why it is not confirmed, by its last attempt. */
function whyNot({ attempts, destination }: DeliveryState, { reason }: DeliveryFailure): string {
  const last = attempts.at(-1);
  if (reason === 'outcome_unknown') {
    const lost = attempts.findLast(({ outcome }) => outcome === 'ambiguous');
    return lost
      ? `after attempt ${lost.number}, in which ${causeOf(lost, destination)}, nobody can tell whether it was posted`
      : causeOf({ reason }, destination);
  }
  if (!last) return causeOf({ reason }, destination);
  const cause = causeOf(last.reason === undefined ? { reason } : last, destination);
  if (last.outcome === 'permanent') return cause;
  return last.number === 1
    ? `its only attempt failed because ${cause}`
    : `all ${last.number} attempts failed, the last because ${cause}`;
}

/** ` by ana at 11:02:03 UTC (“the channel is gone”)`; where nobody's decision is known, only when the message ended. */
function byWhom(action: OperatorAction | undefined, { closedAt }: MessageState, now: Date): string {
  if (!action) return closedAt === undefined ? '' : ` at ${clock(closedAt, now)}`;
  const { at, by, reason } = action;
  return `${by === undefined ? '' : ` by ${by}`} at ${clock(at, now)}${reason === undefined ? '' : ` (“${reason}”)`}`;
}

function lastAction(
  kind: OperatorAction['action'],
  delivery: DeliveryState,
  { operatorActions }: MessageState,
): OperatorAction | undefined {
  return operatorActions.findLast((each) => each.action === kind && concerns(each, delivery));
}

function concerns(action: OperatorAction, { destination }: DeliveryState): boolean {
  return action.destination === undefined || action.destination === destination;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
