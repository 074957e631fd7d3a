/** Why an attempt failed, in words that need no knowledge of sendproof. */
import type { Attempt, FailureReason } from '../domain/delivery.js';
import { accountId, type AccountId } from '../domain/account.js';
import { parseDestination, type Destination } from '../domain/destination.js';

interface Place {
  /** As people call it: `Slack`, `Teams webhook`. */
  platform: string;
  account: AccountId;
}

const CAUSES: Record<FailureReason, (place: Place) => string> = {
  rate_limited: ({ platform }) => `${platform} asked to slow down`,
  platform_unavailable: ({ platform }) => `${platform} was not available`,
  timeout: ({ platform }) => `${platform} did not answer in time`,
  connection_failed: ({ platform }) => `the connection to ${platform} failed`,
  unexpected_answer: ({ platform }) => `${platform} gave an answer that nobody can interpret`,
  worker_lost: () => 'the worker disappeared in the middle of it',
  destination_not_found: ({ platform }) =>
    `${platform} has no such channel, or doesn’t show it to the account`,
  not_authorised: ({ account }) => `the account ${account} may not post there`,
  credentials_rejected: ({ platform, account }) =>
    `${platform} rejected the credentials of the account ${account}`,
  content_rejected: ({ platform }) => `${platform} refused the content`,
  request_rejected: ({ platform }) => `${platform} refused the request`,
  outcome_unknown: () => 'nobody can tell whether an earlier attempt has posted it',
  expired: () => 'its time was over',
  account_not_configured: ({ account }) => `the worker has no account ${account}`,
};

/** As `Slack asked to slow down (429)`. In brackets: the HTTP status of a refusal, and the platform's own code. */
export function causeOf(
  { reason, httpStatus, platformCode }: Pick<Attempt, 'reason' | 'httpStatus' | 'platformCode'>,
  destination: Destination,
): string {
  const cause = CAUSES[reason ?? 'unexpected_answer'](placeOf(destination));
  const status = httpStatus !== undefined && httpStatus >= 400 ? String(httpStatus) : undefined;
  const answer = [status, platformCode].filter((part) => part !== undefined).join(' ');
  return answer === '' ? cause : `${cause} (${answer})`;
}

function placeOf(destination: Destination): Place {
  const parts = parseDestination(destination);
  const name = parts.platform.replaceAll('-', ' ');
  return {
    platform: name.charAt(0).toUpperCase() + name.slice(1),
    account: accountId(parts),
  };
}
