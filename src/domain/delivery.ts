/**
 * The vocabulary of a delivery: one message to one destination, the outcome of each attempt, and the platform's
 * receipt. Plain data and constants only, so that workflow code, adapters and the API can all import it.
 */

/**
 * The status of a message. `accepted`: stored by Temporal, not yet started by a worker. `muted`: its route posts nothing at this
 * time. `grouped`: the message of a group shows it. `superseded`: a newer message of its
 * conversation is shown, so it was not posted.
 */
export const MESSAGE_STATUSES = [
  'accepted',
  'delivering',
  'confirmed',
  'dead_lettered',
  'discarded',
  'expired',
  'cancelled',
  'muted',
  'grouped',
  'superseded',
] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** The status of a delivery. `standby`: a fallback that is not needed, so far or for good. */
export const DELIVERY_STATUSES = [...MESSAGE_STATUSES, 'standby'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/**
 * The outcome of an attempt. `transient`: nothing was sent, or the platform says that it did not post it, and a retry may help.
 * `permanent`: the same, and a retry can't help. `ambiguous`: the platform may or may not have posted it.
 */
export type AttemptOutcome = 'delivered' | 'transient' | 'permanent' | 'ambiguous';

/**
 * Why an attempt failed: one closed list, which is the API's `reason`, the search attribute `FailureReason`, the metric
 * label and the grouping of dead letters.
 */
export const FAILURE_REASONS = [
  /** The platform asked to slow down (429, or its own error code for it). */
  'rate_limited',
  /** The platform failed or is being maintained (5xx, or its own error code for it). */
  'platform_unavailable',
  /** No answer within the request time-out. */
  'timeout',
  /** No connection, or the connection broke before the answer. */
  'connection_failed',
  /** The platform's answer is not one that its documentation describes. */
  'unexpected_answer',
  /** The worker was lost during the attempt. */
  'worker_lost',
  /** The channel, chat or team does not exist, is archived, or is not visible to the account. */
  'destination_not_found',
  /** The account may not post there (403-class): not in the channel, restricted, scope missing. */
  'not_authorised',
  /** The account's credentials are missing, expired or revoked. */
  'credentials_rejected',
  /** The platform refuses this content: too long, empty, malformed. */
  'content_rejected',
  /** The platform refuses the request for another reason that a retry can't fix. */
  'request_rejected',
  /** An earlier attempt may have posted it, the destination can't be searched, and the message must not be posted twice. */
  'outcome_unknown',
  /** No failure is known; it was not confirmed before its `expiresAt`. */
  'expired',
  /** The post that was to be edited or answered is gone: a person deleted it. */
  'post_not_found',
  /** The platform refuses to edit this post: it is too old, or not the account's own. */
  'edit_refused',
  /** The worker has no such account: it was removed from the configuration after the message was accepted. */
  'account_not_configured',
  /** The message's content was erased, or the key that it is sealed with is missing. */
  'content_unavailable',
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** The platform's proof that it has posted the message. */
export interface Receipt {
  /** The platform's id of the post: Slack's `ts`, Graph's message id. Absent where the platform returns none. */
  messageId?: string;
  /** Slack: the id of the channel that the post landed in. */
  channel?: string;
  /** Google Chat: the name of the thread that the post is in, as `spaces/…/threads/…`. */
  thread?: string;
  /** Where a person can see the post: Slack's permalink, Graph's `webUrl`. */
  url?: string;
  /** How many posts show the message, where there are several. The other fields are those of the first. */
  parts?: number;
  /** Set where the destination shows only the beginning of the text. */
  shortened?: Shortening;
  /** Set where the platform refused the layout of the post, which then shows its text without it: what the platform answered. */
  plainText?: string;
  /** How it is shown in its conversation. */
  conversation?: InConversation;
  /** Set where it should have answered another post, which is gone: the platform shows it by itself. */
  standsAlone?: true;
}

/** How a message is shown in its conversation at a destination. */
export interface InConversation {
  /**
   * `root`: as a post of its own, which later messages change or answer. `edit`: it has replaced the content of that post. `reply`:
   * in its thread. `edit_and_reply`: both. `follow_up`: as a post of its own that names the other one, on platforms that can do
   * neither.
   */
  role: 'root' | 'edit' | 'reply' | 'edit_and_reply' | 'follow_up';
  /** The key of the message whose post it belongs to, or would have belonged to. */
  of?: string | undefined;
  /**
   * Why it is not shown as its mode says. `not_posted`: the message `of` was not posted in time. `post_deleted`: the post of the
   * message `of` is gone. `edit_refused`: the platform refuses to change the post.
   */
  because?: 'not_posted' | 'post_deleted' | 'edit_refused' | undefined;
}

/** How much of a text a destination shows, in characters of the text as it was sent. */
export interface Shortening {
  shown: number;
  of: number;
}

/** How far a message that takes several posts is posted. The parts are posted in order, and each is one attempt or more. */
export interface PostedParts {
  /** Of the first part. */
  receipt: Receipt;
  /** The number of parts that are posted, from 1. */
  count: number;
  of: number;
  /** How long the link is in the footer of the first part, which leaves less room for the text. Absent where it has none. */
  linkLength?: number | undefined;
}

/** One entry of the attempt log: one API call of a delivery. Never holds content or credentials. */
export interface Attempt {
  /** 1, 2, … over the whole life of the delivery, people's retries included. */
  number: number;
  /** ISO 8601. Absent where the worker was lost before it recorded it. */
  startedAt?: string;
  durationMs?: number;
  outcome: AttemptOutcome;
  reason?: FailureReason;
  /** What it sent, where that was not a post by itself. */
  as?: 'edit' | 'reply' | undefined;
  /** Which of several posts it was for. Absent where the message takes one post. */
  part?: { number: number; of: number };
  /** The HTTP status of the platform's answer. */
  httpStatus?: number;
  /** The platform's own error code, as `channel_not_found`. */
  platformCode?: string;
  /** What the platform asked for in Retry-After. */
  retryAfterMs?: number;
  /** The delay that was chosen before the next attempt. */
  nextAttemptInMs?: number;
  /**
   * Set when this attempt first searched for the post of an earlier one: `found` (adopted as the receipt), `absent` (so it was
   * sent again), `refused` (the platform or the account's scopes don't allow the search). `repeated`: no search, because the
   * platform makes one post of all requests of this delivery.
   */
  lookup?: 'found' | 'absent' | 'refused' | 'repeated';
  /** Where the next attempt continues a search that this one did not finish. Not shown to users. */
  search?: SearchPosition | undefined;
}

/** How far a search for an earlier post has come. */
export interface SearchPosition {
  /** ISO 8601. The posts made since then are searched, the newest first. */
  since: string;
  /** ISO 8601: when the newest page was read. Posts that were made later are searched afterwards. */
  startedAt: string;
  /** The platform's cursor of the next page; absent where the newest page is the next. */
  cursor?: string | undefined;
}

/**
 * How the attempts at a delivery ended without a post. `refused`: a retry can't help. `exhausted`: no attempt, or no
 * time, of its retry profile was left. `expired`: no further attempt would have come before its `expiresAt`. `held_back`:
 * its whole account is unavailable at present, so it waits and is attempted again.
 */
export type Ending = 'refused' | 'exhausted' | 'expired' | 'held_back';

/**
 * What to do after an ambiguous attempt where the destination can't be searched. `resend`: send it again, as often as the
 * retry profile's `resends` allows.
 */
export type OnAmbiguous = 'resend' | 'dead_letter';

/** The retry profile of a delivery. */
export interface RetryProfile {
  /** Upper bound of the first delay; the delay itself is drawn between zero and it (full jitter). */
  initialDelayMs: number;
  /** The bound grows by this factor with every attempt. */
  factor: number;
  /** The bound never grows beyond this. */
  maximumDelayMs: number;
  /** Attempts until the delivery is dead-lettered. */
  attempts: number;
  /** No attempt is planned later than this after the delivery began: it is dead-lettered instead. */
  giveUpAfterMs?: number | undefined;
  /**
   * How often the message is sent again after attempts of which nobody can find out whether they posted; then it is
   * dead-lettered. A person's retry starts a new count. Absent from the plans of earlier releases: `DEFAULT_RESENDS`.
   */
  resends?: number | undefined;
}

/** The default of a retry profile's `resends`: people see a message at most three times. */
export const DEFAULT_RESENDS = 2;

export type DeliveryErrorOutcome = Exclude<AttemptOutcome, 'delivered'>;

/**
 * The only error that a destination adapter throws. Its message is shown to operators: it names what happened, never the
 * content or a credential.
 */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';

  readonly outcome: DeliveryErrorOutcome;
  readonly reason: FailureReason;
  readonly httpStatus: number | undefined;
  readonly platformCode: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** Whether the platform limits such requests apart from posts: `rate_limited` then says nothing of how fast it takes posts. */
  readonly separateLimit: boolean;

  constructor(
    message: string,
    failure: {
      outcome: DeliveryErrorOutcome;
      reason: FailureReason;
      httpStatus?: number | undefined;
      platformCode?: string | undefined;
      retryAfterMs?: number | undefined;
      separateLimit?: boolean | undefined;
      cause?: unknown;
    },
  ) {
    super(message, { cause: failure.cause });
    this.outcome = failure.outcome;
    this.reason = failure.reason;
    this.httpStatus = failure.httpStatus;
    this.platformCode = failure.platformCode;
    this.retryAfterMs = failure.retryAfterMs;
    this.separateLimit = failure.separateLimit ?? false;
  }
}
