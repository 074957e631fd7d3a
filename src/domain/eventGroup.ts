/** Groups of events: what happens within a window is shown in one message. Plain data, for workflows too. */
import type { Acknowledge, Route, Severity } from './message.js';
import type { OnAmbiguous } from './delivery.js';

/** How the message of a group is made; from the route, at the time when an event arrives. */
export interface GroupPlan {
  /** The name of the route. */
  route: string;
  /** How long after its first event a group is posted, in milliseconds. */
  windowMs: number;
  /** It is posted at once with so many events. */
  maximum: number;
  destinations: Route[];
  priority: number;
  onAmbiguous: OnAmbiguous;
  retryProfile?: string | undefined;
  /** From the time of the post, in milliseconds. */
  expireAfterMs?: number | undefined;
  acknowledge?: Acknowledge | undefined;
  /** Whose events they are: groups of two tenants are two. */
  tenant?: string | undefined;
}

/**
 * An event as its group shows it. Its content is left to its own message: a thousand of them would be too large for the group's
 * history.
 */
export interface GroupMember {
  /** Of the event's own message. */
  deduplicationKey: string;
  source: string;
  /** At most `LONGEST_MEMBER_TITLE` characters. */
  title: string;
  severity?: Severity | undefined;
  url?: string | undefined;
}

/** The events of one window, of which the first are kept. */
export interface EventWindow {
  plan: GroupPlan;
  /** The deduplication key of its message. */
  messageKey: string;
  /** ISO 8601: when its first event arrived. */
  openedAt: string;
  /** The oldest first; at most `SHOWN_MEMBERS`. */
  first: GroupMember[];
  count: number;
  /** Of all events: how many have this severity. */
  bySeverity: Partial<Record<Severity, number>>;
}

/** Which events a message shows together. */
export interface ShownEvents {
  /** The deduplication keys of the first of them, at most `SHOWN_MEMBERS`. */
  keys: string[];
  /** The number of all of them. */
  count: number;
}

/** Long enough to know an event by. */
export const LONGEST_MEMBER_TITLE = 300;

/** A message lists so many of its events, and says how many more there are. */
export const SHOWN_MEMBERS = 10;
