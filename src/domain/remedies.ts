import type { FailureReason } from './delivery.js';

/** How to resolve a dead letter, by its reason: for the person who decides whether to retry or discard it. */
export const REMEDIES: Record<FailureReason, string> = {
  rate_limited:
    'Retry when the platform is less busy. If it fails again, lower the account’s limits.',
  platform_unavailable: 'Retry when the platform’s status page reports no more incident.',
  timeout: 'Retry. If it fails again, check the network or raise the account’s requestTimeout.',
  connection_failed:
    'Check that the worker’s network reaches the platform (DNS, proxy, firewall), then retry.',
  unexpected_answer:
    'Check that the account’s address is the platform’s and that no proxy answers instead, then retry.',
  worker_lost: 'Find out why workers stop (memory, restarts), then retry.',
  destination_not_found:
    'Restore the channel, or give the account access to it, then retry. If its id is wrong, correct it at the source and discard.',
  not_authorised:
    'Invite the account’s app or user to the channel, or grant it the scope, then retry.',
  credentials_rejected:
    'Renew the account’s credentials, check them with "sendproof doctor", then retry its dead letters.',
  content_rejected:
    'Correct the content at the source, send it with a new key, and discard this one.',
  request_rejected: 'Fix what the platform’s error code names, then retry; or discard.',
  outcome_unknown: 'Look in the channel: discard if the post is there, retry if it is not.',
  expired: 'Send it again with a new key, if it still matters.',
  post_not_found:
    'Retry to post it by itself, since the post that it belongs to is gone; or discard.',
  edit_refused: 'Retry to post it by itself, since the earlier post can’t be changed; or discard.',
  account_not_configured:
    'Add the account to the worker’s configuration again and restart the worker, then retry; or discard.',
  content_unavailable:
    'Discard it if its content was erased. If a key is missing, give the worker the directory that all processes share.',
};
