import type { AddressRange } from '../lib/addressRange.js';
import type { AcknowledgementEvent } from '../domain/acknowledgement.js';
import type { RetryProfile } from '../domain/delivery.js';
import type { Secret } from '../lib/secret.js';

/** What callbacks are signed with, and where they may go. */
export interface CallbackPolicy {
  /** The newest first. Callbacks have a signature by each. */
  secrets: Secret[];
  /** As `https://hooks.example.com`. */
  allowedOrigins: string[];
  /** Addresses that may be called although they are not public. */
  allowPrivate: AddressRange[];
}

/** The account that adds notes to PagerDuty's incidents. */
export interface PagerDutyAccount {
  token: Secret;
  /** The e-mail address of the PagerDuty user who is the notes' author. */
  from: string;
  apiUrl: string;
}

/** A source's acknowledgements, for messages that don't name their own. */
export interface SourceAcknowledgements {
  acknowledge?: { url: string; events: AcknowledgementEvent[] } | undefined;
  pagerduty?: PagerDutyAccount | undefined;
  /** That the source belongs to; undefined: to none, so that messages of all have its acknowledgements. */
  tenant?: string | undefined;
}

export interface AcknowledgementSettings {
  /** Undefined where nothing is configured: no callback is accepted then. */
  callbacks: CallbackPolicy | undefined;
  retry: RetryProfile;
  /** How long one request may take. */
  requestTimeoutMs: number;
  bySource: Record<string, SourceAcknowledgements>;
}

/** Undefined where callbacks may go to this URL; otherwise why not, and the remedy. */
export function checkCallbackUrl(
  url: string,
  callbacks: CallbackPolicy | undefined,
): string | undefined {
  if (!callbacks) {
    return 'callbacks are not configured: set acknowledgements.secret and acknowledgements.allowedHosts in sendproof.yaml, or leave this out';
  }
  const { origin } = new URL(url);
  if (callbacks.allowedOrigins.includes(origin)) return undefined;
  return `${origin} is not on the allow-list: add it to acknowledgements.allowedHosts in sendproof.yaml, or use a host that is there (plain http has to be listed as such)`;
}
