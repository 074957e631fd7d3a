/** The statuses, reasons and problems that the product knows, as tables. */
import { PROBLEMS } from '../../src/api/schema/problemTypes.js';
import {
  DELIVERY_STATUSES,
  FAILURE_REASONS,
  type DeliveryStatus,
  type FailureReason,
} from '../../src/domain/delivery.js';
import { REMEDIES } from '../../src/domain/remedies.js';
import { markdownTable } from './markdown.js';

/** What it means, and whether it is final. */
const STATUSES: Record<DeliveryStatus, [meaning: string, isFinal: boolean]> = {
  accepted: ['stored by Temporal; no delivery has begun', false],
  delivering: ['an attempt is in progress, or the next one is planned', false],
  confirmed: ['the platform has posted it and gave a receipt', true],
  dead_lettered: ['refused or exhausted: it needs a decision', false],
  discarded: ['a person gave the dead letter up', true],
  expired: ['not confirmed before `expiresAt`, or before its content was erased', true],
  cancelled: ['a person stopped what was not sent', true],
  muted: ['its route posts nothing at this time', true],
  grouped: ['the message of a group shows it', true],
  superseded: ['a newer message of its conversation is shown instead', true],
  standby: ['only of a delivery: a fallback that is not needed', false],
};

const REASONS: Record<FailureReason, string> = {
  rate_limited: 'The platform asked to slow down (429, or its own code for it).',
  platform_unavailable: 'The platform failed or is being maintained (5xx, or its own code for it).',
  timeout: 'No answer came within `requestTimeout`.',
  connection_failed: 'There was no connection, or it broke before the answer.',
  unexpected_answer: 'The answer is not one that the platform documents.',
  worker_lost: 'The worker was lost during the attempt.',
  destination_not_found: 'The place does not exist, is archived, or is not visible to the account.',
  not_authorised: 'The account may not post there.',
  credentials_rejected: 'The credentials of the account are missing, expired or revoked.',
  content_rejected: 'The platform refuses this content.',
  request_rejected: 'The platform refuses the request for another reason.',
  outcome_unknown:
    'An earlier attempt may have posted it, the place can’t be searched, and it must not be posted twice.',
  expired: 'No failure is known; it was not confirmed in time.',
  post_not_found: 'The post that was to be edited or answered is gone.',
  edit_refused: 'The platform refuses to edit this post.',
  account_not_configured: 'No worker has this account any more.',
  content_unavailable: 'The content was erased, or the key that it is sealed with is missing.',
};

export function statusTable(): string {
  const rows = DELIVERY_STATUSES.map((status) => {
    const [meaning, isFinal] = STATUSES[status];
    return [`\`${status}\``, meaning, isFinal ? 'yes' : 'no'];
  });
  return markdownTable([['status', 'meaning', 'final'], ...rows]);
}

export function reasonTable(): string {
  const rows = FAILURE_REASONS.map((reason) => [
    `\`${reason}\``,
    REASONS[reason],
    REMEDIES[reason],
  ]);
  return markdownTable([['reason', 'what happened', 'remedy'], ...rows]);
}

export function problemTable(): string {
  const rows = Object.entries(PROBLEMS).map(([type, [status, title]]) => [
    String(status),
    `\`${type}\``,
    title,
  ]);
  return markdownTable([['HTTP status', 'type', 'title'], ...rows]);
}
