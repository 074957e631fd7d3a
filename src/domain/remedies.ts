import type { FailureReason } from './delivery.js';

/** What mends a dead letter: for the person who looks at it, before they retry or discard it. */
export const REMEDIES: Record<FailureReason, string> = {
  rate_limited:
    'Retry when the platform is less busy; if it comes back, lower the account’s limits.',
  platform_unavailable: 'Retry when the platform’s status page says that it is well again.',
  timeout: 'Retry; if it comes back, look at the network or raise the account’s requestTimeout.',
  connection_failed:
    'See that the worker’s network reaches the platform (DNS, proxy, firewall), then retry.',
  unexpected_answer:
    'See that the account’s address is the platform’s own and no proxy’s page, then retry.',
  worker_lost: 'See why workers end (memory, restarts), then retry.',
  destination_not_found:
    'Restore the channel, or let the account see it, then retry; if its id is wrong, correct it at the source and discard.',
  not_authorised:
    'Invite the account’s app or user to the channel, or grant it the scope, then retry.',
  credentials_rejected:
    'Renew the account’s credentials; a dead letter is then to be retried ("sendproof doctor" tells whether they work).',
  content_rejected:
    'Correct the content at the source, send it with a new key, and discard this one.',
  request_rejected: 'Mend what the platform’s error code names, then retry; or discard.',
  outcome_unknown: 'Look into the channel: discard if the post is there, retry if it is not.',
  expired: 'Send it again with a new key, if it still matters.',
  account_not_configured:
    'Put the account back into the worker’s configuration and restart it, then retry; or discard.',
};
