/**
 * Anyone may send a signal or an update. One that the order can't read would stop the conversation for ever, as the history keeps
 * it.
 */
import type { ConversationClaim, ConversationReport } from '../../contract/conversation.js';

const MODES: readonly unknown[] = ['update', 'reply', 'both'];
const ACTS: readonly unknown[] = ['post', 'edit', 'reply'];
const ROOT_FAULTS: readonly unknown[] = ['post_not_found', 'edit_refused'];

/** Far more than any id of a delivery or key of a message has. */
const LONGEST_ID = 1_000;
/** Far more than any configuration allows. */
const LONGEST_MS = 10 * 366 * 86_400_000;

/** What is wrong with the claim; undefined where nothing is. */
export function faultOfClaim(claim: unknown): string | undefined {
  if (!isRecord(claim)) return 'is no object';
  const { attemptMs, deliveryId, forgetAfterMs, message, mode, patienceMs, place, rootFault } =
    claim;
  const faults = Object.entries({
    deliveryId: isId(deliveryId),
    message: isId(message),
    mode: MODES.includes(mode),
    place: isPlace(place),
    attemptMs: isDuration(attemptMs),
    patienceMs: isDuration(patienceMs),
    forgetAfterMs: isDuration(forgetAfterMs),
    rootFault: rootFault === undefined || rootFault === null || isRootFault(rootFault),
  }).flatMap(([field, isRight]) => (isRight ? [] : [field]));
  return faults.length > 0 ? `has no usable ${faults.join(', ')}` : undefined;
}

export function isReport(report: unknown): report is ConversationReport {
  if (!isRecord(report) || !isId(report.deliveryId)) return false;
  const { act, message, outcome, patienceMs, place, receipt } = report;
  switch (outcome) {
    case 'ended':
      return true;
    case 'parked':
      return isId(message) && isDuration(patienceMs) && (!receipt || isRecord(receipt));
    case 'done':
      return isId(message) && ACTS.includes(act) && isPlace(place) && isRecord(receipt);
    default:
      return false;
  }
}

function isRootFault(fault: unknown): fault is NonNullable<ConversationClaim['rootFault']> {
  return isRecord(fault) && ROOT_FAULTS.includes(fault.kind) && isId(fault.deliveryId);
}

function isPlace(place: unknown): boolean {
  if (!isRecord(place)) return false;
  const { acceptedAt, at, rank } = place;
  return isTime(at) && isTime(acceptedAt) && Number.isFinite(rank);
}

function isTime(time: unknown): boolean {
  return typeof time === 'string' && Number.isFinite(Date.parse(time));
}

function isId(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && id.length <= LONGEST_ID;
}

function isDuration(milliseconds: unknown): boolean {
  return typeof milliseconds === 'number' && milliseconds >= 0 && milliseconds <= LONGEST_MS;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
