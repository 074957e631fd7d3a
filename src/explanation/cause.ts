/** Why an attempt failed, in words that a reader understands without knowing sendproof. */
import type { Attempt, FailureReason } from '../domain/delivery.js';
import { accountId, type AccountId } from '../domain/account.js';
import { parseDestination, type Destination } from '../domain/destination.js';

interface DestinationNames {
  /** As people call it: `Slack`, `Teams webhook`. */
  platform: string;
  account: AccountId;
}

const CAUSES: Record<FailureReason, (names: DestinationNames) => string> = {
  rate_limited: ({ platform }) => `${platform} asked to slow down`,
  platform_unavailable: ({ platform }) => `${platform} was not available`,
  timeout: ({ platform }) => `${platform} did not answer in time`,
  connection_failed: ({ platform }) => `the connection to ${platform} failed`,
  unexpected_answer: ({ platform }) =>
    `${platform} gave an answer that its documentation does not describe`,
  worker_lost: () => 'the worker was lost during the attempt',
  destination_not_found: ({ platform }) =>
    `${platform} has no such channel, or doesn’t show it to the account`,
  not_authorised: ({ account }) => `the account ${account} may not post there`,
  credentials_rejected: ({ platform, account }) =>
    `${platform} rejected the credentials of the account ${account}`,
  content_rejected: ({ platform }) => `${platform} refused the content`,
  request_rejected: ({ platform }) => `${platform} refused the request`,
  outcome_unknown: () => 'it is unknown whether an earlier attempt posted it',
  expired: () => 'it was not confirmed before its expiresAt',
  post_not_found: ({ platform }) => `${platform} no longer has the post that it belongs to`,
  edit_refused: ({ platform }) => `${platform} does not let this post be changed any more`,
  account_not_configured: ({ account }) => `the worker has no account ${account}`,
  content_unavailable: () => 'its content can’t be read',
};

/** As `Slack asked to slow down (429)`. In brackets: the HTTP status of a refusal, and the platform's own code. */
export function causeOf(
  { reason, httpStatus, platformCode }: Pick<Attempt, 'reason' | 'httpStatus' | 'platformCode'>,
  destination: Destination,
): string {
  const cause = CAUSES[reason ?? 'unexpected_answer'](namesOf(destination));
  const status = httpStatus !== undefined && httpStatus >= 400 ? String(httpStatus) : undefined;
  const answer = [status, platformCode].filter((part) => part !== undefined).join(' ');
  return answer === '' ? cause : `${cause} (${answer})`;
}

function namesOf(destination: Destination): DestinationNames {
  const parts = parseDestination(destination);
  const name = parts.platform.replaceAll('-', ' ');
  return {
    platform: name.charAt(0).toUpperCase() + name.slice(1),
    account: accountId(parts),
  };
}
