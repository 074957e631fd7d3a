/** Explains the status of one delivery: its cause, and what to do next. */
import { AttemptLog, lastNumber } from '../domain/attemptLog.js';
import type { InConversation, Receipt } from '../domain/delivery.js';
import { describeInConversation } from '../domain/inConversation.js';
import { describeShortening } from '../domain/shortening.js';
import { REMEDIES } from '../domain/remedies.js';
import { causeOf } from './cause.js';
import { formatTime } from './formatTime.js';
import { accountId } from '../domain/account.js';
import { parseDestination } from '../domain/destination.js';
import {
  type DeliveryFailure,
  type DeliveryStage,
  type DeliveryState,
  type MessageState,
  type OperatorAction,
  confirmedAt,
  decisionOn,
  labelIn,
} from '../domain/messageState.js';

const SEND_AGAIN = 'Send it again with a new key, if it still matters.';

/**
 * @param message the message that the delivery belongs to
 * @param now decides whether a time is past, and whether it is written with its date
 */
export function explainDelivery(delivery: DeliveryState, message: MessageState, now: Date): string {
  const { stage } = delivery;
  const destination = labelIn(message, delivery.destination);
  const replaced = delivery.fallbackFor && labelIn(message, delivery.fallbackFor);
  switch (stage.kind) {
    case 'accepted':
      return explainAccepted(delivery, message, now);
    case 'standby':
      return message.closedAt === undefined
        ? `On standby: ${destination} is used if ${replaced ?? 'another'} can’t be delivered or is late.`
        : `Not needed: ${destination} is the fallback of ${replaced ?? 'another destination'}.`;
    case 'queued':
      return explainQueued(delivery, stage, message, now);
    case 'attempting':
      return explainAttempting(delivery, stage, message, now);
    case 'retrying':
      return explainRetrying(delivery, stage, message, now);
    case 'awaiting_turn':
      return `Waiting since ${formatTime(stage.since, now)}: “${stage.behind}” is of the same conversation and goes first at ${destination}. This one follows when that one is posted, or has been waited for long enough.`;
    case 'superseded':
      return `Superseded: ${destination} shows “${stage.by}”, a newer message of the same conversation, so this one was not posted. Nothing is left to do.`;
    case 'confirmed':
      return `${explainConfirmed(delivery, stage.receipt, message, now)} Nothing is left to do.`;
    case 'dead_lettered':
      return explainDeadLettered(delivery, stage, message, now);
    case 'discarded': {
      const discard = lastAction('discard', delivery, message);
      return `Discarded${byWhom(discard, message, now)}: ${neverOrPerhapsSent(delivery)} ${destination}, because ${reasonNotConfirmed(delivery, stage)}. ${SEND_AGAIN}`;
    }
    case 'expired': {
      const at = formatTime(message.expiresAt ?? message.closedAt ?? message.acceptedAt, now);
      const why =
        delivery.attempts.length === 0
          ? 'no attempt could be made before'
          : reasonNotConfirmed(delivery, stage);
      return `Expired at ${at}: ${neverOrPerhapsSent(delivery)} ${destination}, because ${why}. ${SEND_AGAIN}`;
    }
    case 'cancelled': {
      const cancel = lastAction('cancel', delivery, message);
      const cancelled = `Cancelled${byWhom(cancel, message, now)}`;
      return delivery.lacksAttempts
        ? `${cancelled}: it is not recorded whether an attempt had sent it to ${destination} before. Look there first; if it is missing and still needed, send it again with a new key.`
        : `${cancelled}: ${neverOrPerhapsSent(delivery)} ${destination}. Send it again with a new key, if it is still needed.`;
    }
    case 'muted': {
      const { route, until } = stage;
      const end = until === undefined ? 'at all times' : `until ${formatTime(until, now)}`;
      return `Not posted: the route ${route} mutes this event ${end}. The windows are under "mute" in the configuration.`;
    }
    case 'grouped':
      return stage.message === undefined
        ? `Not posted by itself: the route ${stage.route} groups events, and this one has not joined its group yet. If this lasts, check that a worker runs.`
        : `Not posted by itself: the route ${stage.route} groups events. “${stage.message}” shows it, together with others.`;
  }
}

/** A person's decision that the message's workflow has received but not yet applied. */
export function pendingDecision(
  delivery: DeliveryState,
  message: MessageState,
): OperatorAction | undefined {
  const { destination, stage } = delivery;
  if (stage.kind !== 'dead_lettered') return undefined;
  const published = message.deadLetters.find((each) => each.destination === destination)?.at ?? '';
  // The workflow compares with the time that it has published, as soon as it has.
  const at = published > stage.parkedAt ? published : stage.parkedAt;
  return decisionOn({ destination, at }, message.operatorActions);
}

function explainAccepted(delivery: DeliveryState, message: MessageState, now: Date): string {
  const destination = labelIn(message, delivery.destination);
  const { acceptedAt, deliverAt } = message;
  if (deliverAt !== undefined && Date.parse(deliverAt) > now.getTime()) {
    return `Scheduled: it will be posted to ${destination} at ${formatTime(deliverAt, now)}, as its deliverAt says.`;
  }
  return `Accepted at ${formatTime(acceptedAt, now)}, but not yet started by a worker: it will be posted to ${destination}. If this lasts, check that a worker runs.`;
}

type StageOf<Kind extends DeliveryStage['kind']> = Extract<DeliveryStage, { kind: Kind }>;

function explainQueued(
  delivery: DeliveryState,
  { expectedAt, heldBack, since }: StageOf<'queued'>,
  message: MessageState,
  now: Date,
): string {
  if (heldBack !== undefined) {
    return explainHeldBack(labelIn(message, delivery.destination), heldBack);
  }
  const account = accountId(parseDestination(delivery.destination));
  const waits = `it waits in the queue of ${account} since ${formatTime(since, now)}`;
  if (expectedAt !== undefined) {
    const turn = `It is expected to be sent at about ${formatTime(expectedAt, now)}, at the present pace of the account.`;
    return `${sentAgain(delivery, message, now) ?? 'Delivering: '}${waits}. ${turn}`;
  }
  return `${sentAgain(delivery, message, now) ?? 'Delivering: '}${waits}. If this lasts, check that a worker runs, and which limits the account has.`;
}

/** With the default request time-out, no attempt takes longer once it has begun to call. */
const LONG_ATTEMPT_MS = 60_000;

function explainAttempting(
  delivery: DeliveryState,
  { since }: StageOf<'attempting'>,
  message: MessageState,
  now: Date,
): string {
  const { attempts, posted } = delivery;
  const destination = labelIn(message, delivery.destination);
  const part = posted ? ` (part ${posted.count + 1} of ${posted.of})` : '';
  const attempt = `attempt ${lastNumber(attempts) + 1} at ${destination}${part}`;
  const isLong = now.getTime() - Date.parse(since) > LONG_ATTEMPT_MS;
  const why = isLong
    ? ' An attempt that takes so long mostly waits in its worker until the account may be called: the worker’s log says what is wrong with the account.'
    : '';
  return `${sentAgain(delivery, message, now) ?? 'Delivering: '}${attempt} is in progress since ${formatTime(since, now)}.${why}`;
}

function explainRetrying(
  { attempts, destination }: DeliveryState,
  { heldBack, nextAttemptAt }: StageOf<'retrying'>,
  message: MessageState,
  now: Date,
): string {
  if (heldBack !== undefined) return explainHeldBack(labelIn(message, destination), heldBack);
  const cause = causeOf(attempts.at(-1) ?? {}, destination);
  const next = `attempt ${lastNumber(attempts) + 1}`;
  return Date.parse(nextAttemptAt) > now.getTime()
    ? `Waiting: ${cause}; ${next} at ${formatTime(nextAttemptAt, now)}.`
    : `Waiting: ${cause}; ${next} is due since ${formatTime(nextAttemptAt, now)} and waits in the queue. If this lasts, check that a worker runs.`;
}

function explainHeldBack(destination: string, reason: string): string {
  const why = reason === '' ? '' : ` (${reason})`;
  return `Waiting: the queue of the account of ${destination} is held back${why}. It continues by itself when the cause is gone. “sendproof doctor” shows what is wrong with the account.`;
}

/** `Sent again by ana at 11:02:03 UTC: `; undefined where nobody has asked for a retry. */
function sentAgain(delivery: DeliveryState, message: MessageState, now: Date): string | undefined {
  const retry = lastAction('retry', delivery, message);
  return retry && `Sent again${byWhom(retry, message, now)}: `;
}

function explainConfirmed(
  delivery: DeliveryState,
  receipt: Receipt,
  message: MessageState,
  now: Date,
): string {
  const shownAt = labelIn(message, delivery.destination);
  const { conversation, parts, plainText, shortened, standsAlone } = receipt;
  return [
    parts === undefined
      ? explainPosted(delivery, shownAt, now)
      : explainParts(delivery, shownAt, parts, now),
    shortened && `It is ${describeShortening(shortened)}. The message’s page shows the whole.`,
    plainText !== undefined && `It is shown as plain text: ${plainText}`,
    conversation && isNotable(conversation) && describeInConversation(conversation),
    standsAlone &&
      !conversation &&
      'It is shown by itself, since the post that it should have answered is gone.',
  ]
    .filter((sentence) => typeof sentence === 'string')
    .join(' ');
}

/** An ordinary root is a post like any other. */
function isNotable({ because, role }: InConversation): boolean {
  return role !== 'root' || because !== undefined;
}

function explainParts(
  { attempts, destination }: DeliveryState,
  shownAt: string,
  parts: number,
  now: Date,
): string {
  const at = confirmedAt({ attempts });
  const when = at === undefined ? '' : `, the last at ${formatTime(at, now)}`;
  const failures = attempts.filter(({ outcome }) => outcome !== 'delivered');
  const failed = failures.at(-1);
  const count =
    failures.length === 1 ? 'one attempt failed' : `${failures.length} attempts failed, the last`;
  const before = failed ? `, after ${count} because ${causeOf(failed, destination)}` : '';
  return `Confirmed: posted to ${shownAt} in ${parts} parts${when}${before}.`;
}

function explainPosted(
  { attempts, destination }: DeliveryState,
  shownAt: string,
  now: Date,
): string {
  const last = attempts.at(-1);
  const at = confirmedAt({ attempts });
  const when = at === undefined ? '' : ` at ${formatTime(at, now)}`;
  if (!last) return `Confirmed: posted to ${shownAt}${when}.`;

  const earlier = attempts.slice(0, -1);
  const log = new AttemptLog(earlier);
  if (last.lookup === 'found') {
    const poster = log.unresolved().at(-1) ?? log.sent()[0] ?? last;
    return `Confirmed: attempt ${poster.number} posted it to ${shownAt}, although ${causeOf(poster, destination)}; attempt ${last.number} found the post${when} and did not post again.`;
  }
  // An edit that was made is no failure of the answer that follows it.
  const failed = earlier.findLast(({ outcome }) => outcome !== 'delivered');
  if (!failed) return `Confirmed: posted to ${shownAt}${when}.`;
  const twice =
    log.unresolved().length > 0 && last.lookup !== 'absent' && last.lookup !== 'repeated'
      ? ' An earlier attempt may have posted it too, because the destination can’t be searched.'
      : '';
  const cause = causeOf(failed, destination);
  const made = earlier.filter(
    ({ number, outcome }) => outcome === 'delivered' && number < failed.number,
  );
  const count = failed.number - made.length;
  const what =
    count === 1
      ? `attempt ${failed.number} failed because ${cause}`
      : `${count} attempts failed, the last because ${cause}`;
  return `Confirmed: posted to ${shownAt}${when} by attempt ${last.number}, after ${what}.${twice}`;
}

function explainDeadLettered(
  delivery: DeliveryState,
  stage: StageOf<'dead_lettered'>,
  message: MessageState,
  now: Date,
): string {
  const { destination } = delivery;
  const { parkedAt, reason } = stage;
  const shownAt = labelIn(message, destination);
  const since = formatTime(parkedAt, now);
  const what = `${capitalised(neverOrPerhapsSent(delivery))} ${shownAt}: ${reasonNotConfirmed(delivery, stage)}`;
  const decision = pendingDecision(delivery, message);
  if (decision) {
    const asked =
      decision.action === 'retry'
        ? 'sent again'
        : decision.action === 'discard'
          ? 'discarded'
          : 'cancelled';
    return `${what}; it will be ${asked}, as decided${byWhom(decision, message, now)}. If this lasts, check that a worker runs.`;
  }
  const helped = message.deliveries.find(
    (each) => each.fallbackFor === destination && each.stage.kind === 'confirmed',
  );
  const instead = helped
    ? `; its fallback ${labelIn(message, helped.destination)} confirmed it`
    : '';
  return `${what}${instead}; it has needed a decision since ${since}. ${REMEDIES[reason ?? 'unexpected_answer']}`;
}

/** "Perhaps sent" where the outcome of an attempt is unknown. */
function neverOrPerhapsSent({ attempts, posted }: DeliveryState): string {
  if (posted) {
    const verb = posted.count === 1 ? 'was' : 'were';
    return `only ${posted.count} of ${posted.of} parts ${verb} sent to`;
  }
  if (attempts.some(({ as, outcome }) => as === 'edit' && outcome === 'delivered')) {
    return 'only the edit, and not the answer in the thread, was sent to';
  }
  return new AttemptLog(attempts).unresolved().length > 0 ? 'perhaps sent to' : 'never sent to';
}

/** Why it is not confirmed, from its last attempt. */
function reasonNotConfirmed(
  { attempts, destination }: DeliveryState,
  { reason }: DeliveryFailure,
): string {
  const last = attempts.at(-1);
  if (reason === 'outcome_unknown') {
    const lost = attempts.findLast(({ outcome }) => outcome === 'ambiguous');
    return lost
      ? `it is unknown whether attempt ${lost.number} posted it, because ${causeOf(lost, destination)}`
      : causeOf({ reason }, destination);
  }
  if (!last) return causeOf({ reason }, destination);
  const cause = causeOf(last.reason === undefined ? { reason } : last, destination);
  if (last.outcome === 'permanent' || last.outcome === 'delivered') return cause;
  const posted = attempts.findLast(({ outcome }) => outcome === 'delivered');
  const made = last.number - (posted?.number ?? 0);
  const what = last.part ? ` at part ${last.part.number}` : '';
  return made === 1
    ? `its only attempt${what} failed because ${cause}`
    : `all ${made} attempts${what} failed, the last because ${cause}`;
}

/** ` by ana at 11:02:03 UTC (“the channel is gone”)`; without a known decision, only when the message ended. */
function byWhom(action: OperatorAction | undefined, { closedAt }: MessageState, now: Date): string {
  if (!action) return closedAt === undefined ? '' : ` at ${formatTime(closedAt, now)}`;
  const { at, by, reason } = action;
  return `${by === undefined ? '' : ` by ${by}`} at ${formatTime(at, now)}${reason === undefined ? '' : ` (“${reason}”)`}`;
}

function lastAction(
  kind: OperatorAction['action'],
  delivery: DeliveryState,
  { operatorActions }: MessageState,
): OperatorAction | undefined {
  return operatorActions.findLast((each) => each.action === kind && appliesTo(each, delivery));
}

function appliesTo(action: OperatorAction, { destination }: DeliveryState): boolean {
  return action.destination === undefined || action.destination === destination;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
