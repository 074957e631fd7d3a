import type { ConversationReport } from '../../contract/conversation.js';

const ACTS: readonly unknown[] = ['post', 'edit', 'reply'];

/** Anyone may send a signal. One that the order can't read would stop the conversation for ever, as the history keeps it. */
export function isReport(report: unknown): report is ConversationReport {
  if (!isRecord(report) || typeof report.deliveryId !== 'string') return false;
  const { act, message, outcome, patienceMs, place, receipt } = report;
  switch (outcome) {
    case 'ended':
      return true;
    case 'parked':
      return typeof message === 'string' && Number.isFinite(patienceMs);
    case 'done':
      return (
        typeof message === 'string' && ACTS.includes(act) && isPlace(place) && isRecord(receipt)
      );
    default:
      return false;
  }
}

function isPlace(place: unknown): boolean {
  if (!isRecord(place)) return false;
  const { acceptedAt, at, rank } = place;
  return typeof at === 'string' && typeof acceptedAt === 'string' && Number.isFinite(rank);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
