/**
 * The vocabulary of acknowledgements: how a source is notified of its message's outcome. Plain data and constants only, so
 * that workflow code, activities and the API can all import it.
 */
import type {
  DeliveryStatus,
  FailureReason,
  MessageStatus,
  Receipt,
  RetryProfile,
} from './delivery.js';
import type { Destination } from './destination.js';

/** The events that can be acknowledged: the `type` of a callback's body. */
export const ACKNOWLEDGEMENT_EVENTS = [
  /** Every destination confirmed it. */
  'message.confirmed',
  /** A delivery needs a decision. */
  'message.dead_lettered',
  /** It was not confirmed in time, and is not sent any more. */
  'message.expired',
  /** A person discarded it. */
  'message.discarded',
  /** A newer message of its conversation is shown everywhere, so it was not posted. */
  'message.superseded',
  /** A person retried a dead letter. */
  'message.retried',
  /** A queue had it, and it could not be accepted: no message has begun. */
  'message.refused',
] as const;
export type AcknowledgementEvent = (typeof ACKNOWLEDGEMENT_EVENTS)[number];

/** Who is notified, and how. */
export type AcknowledgementRecipient =
  | { kind: 'callback'; url: string }
  /** A note on an incident, through the PagerDuty account of this source. */
  | { kind: 'pagerduty_note'; source: string; incidentId: string }
  /** A record in a topic or queue: the target of `events:` with this name. */
  | { kind: 'event'; target: string };

/** One recipient of a message's acknowledgements with all that it was promised at acceptance. */
export interface AcknowledgementPlan {
  recipient: AcknowledgementRecipient;
  events: AcknowledgementEvent[];
  retry: RetryProfile;
  /** How long one request may take. */
  requestTimeoutMs: number;
  /** Keeps one recipient's failures from delaying the others. */
  fairnessKey: string;
  /** The tenant that the recipient belongs to, which knows messages by their own keys; undefined: it knows them by whole ids. */
  tenant?: string | undefined;
}

/** The body of a callback, by https://www.standardwebhooks.com. Never with the message's content. */
export interface Acknowledgement {
  type: AcknowledgementEvent;
  /** ISO 8601: when the event happened, not when it is acknowledged. */
  timestamp: string;
  data: {
    /** For people: `Delivery Status: Confirmed`. */
    summary: string;
    deduplicationKey: string;
    status: MessageStatus | 'refused';
    source?: string | undefined;
    reference?: string | undefined;
    traceId: string;
    deliveries: AcknowledgedDelivery[];
    /** The destination that was dead-lettered or retried. */
    destination?: Destination | undefined;
    /** The person who retried or discarded. */
    by?: string | undefined;
    /** Why, in that person's words. */
    why?: string | undefined;
    /** Of what was refused: the `type` of the problem that the API would have answered with. */
    problem?: string | undefined;
    /** Of what was refused: the fields that the problem is about. */
    fields?: string[] | undefined;
  };
}

export interface AcknowledgedDelivery {
  destination: Destination;
  status: DeliveryStatus;
  receipt?: Receipt | undefined;
  reason?: FailureReason | undefined;
}

/** Why an attempt to acknowledge failed: one closed list, which is the failure's type in Temporal and the metric label. */
export const ACKNOWLEDGEMENT_FAILURES = [
  /** The recipient asked to slow down (429). */
  'rate_limited',
  /** The recipient failed (5xx), or can't take it yet (408, 423, 425). */
  'recipient_unavailable',
  /** No answer within the time limit. */
  'timeout',
  /** No connection, or it broke before the answer. */
  'connection_failed',
  /** The answer is no HTTP, or one that HTTP doesn't define. */
  'unexpected_answer',
  /** The recipient answered with another address (3xx): redirects are never followed. */
  'redirected',
  /** The recipient refuses it (4xx). */
  'refused',
  /** The recipient doesn't want it any more (410). */
  'gone',
  /** The host is not on the allow-list, or its address is private and not listed: nothing was sent. */
  'address_not_allowed',
  /** The worker's configuration lacks what it takes to send this: nothing was sent. */
  'not_configured',
] as const;
export type AcknowledgementFailure = (typeof ACKNOWLEDGEMENT_FAILURES)[number];

/**
 * The only error that telling a recipient ends with. Its message is shown to operators: it names the recipient's host, never
 * the path of its URL, a credential, or what the recipient answered.
 */
export class AcknowledgementError extends Error {
  override readonly name = 'AcknowledgementError';
  readonly reason: AcknowledgementFailure;
  /** Whether trying again can't help. */
  readonly permanent: boolean;
  /** The HTTP status of the answer. */
  readonly httpStatus: number | undefined;
  /** What the recipient asked for in Retry-After. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: {
      reason: AcknowledgementFailure;
      permanent?: boolean;
      httpStatus?: number | undefined;
      retryAfterMs?: number | undefined;
      cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.reason = options.reason;
    this.permanent = options.permanent ?? false;
    this.httpStatus = options.httpStatus;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** What the activity `acknowledge` and the workflow `acknowledgeSource` end with. */
export interface AcknowledgementResult {
  /** Requests that were made, in all attempts. */
  attempts: number;
  /** The HTTP status of the recipient's answer; absent where an earlier attempt was found to have arrived, and of events. */
  httpStatus?: number | undefined;
}

/** The recipient as people see it: the host, the incident or the target's name; never the URL, which may hold a secret. */
export function recipientName(recipient: AcknowledgementRecipient): string {
  switch (recipient.kind) {
    case 'callback':
      return new URL(recipient.url).host;
    case 'pagerduty_note':
      return `PagerDuty incident ${recipient.incidentId}`;
    case 'event':
      return recipient.target;
  }
}

/** The ids of one event's acknowledgements: one for each callback and note, and one for all targets of `events:`. */
export class AcknowledgementUuids {
  readonly #draw: () => string;
  #ofEvent: string | undefined;

  /** @param draw makes the next id */
  constructor(draw: () => string) {
    this.#draw = draw;
  }

  /** In the order of the plans, in which targets come last: they share the id of the callback, if there is one. */
  next({ kind }: AcknowledgementRecipient): string {
    if (kind === 'event') return (this.#ofEvent ??= this.#draw());
    const uuid = this.#draw();
    if (kind === 'callback') this.#ofEvent ??= uuid;
    return uuid;
  }
}
