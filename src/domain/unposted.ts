/** Messages of events that are not posted by themselves: their workflow ends at once and says why. */
import type { GroupMember, GroupPlan } from './eventGroup.js';

/** The route mutes its events at this time. */
export interface Muted {
  kind: 'muted';
  route: string;
  /** ISO 8601; absent where it has no end. */
  until?: string | undefined;
}

/** The event is shown in the message of a group. */
export interface Grouped {
  kind: 'grouped';
  route: string;
  /** The id of the group's workflow. */
  groupId: string;
  plan: GroupPlan;
  member: GroupMember;
}

export type Unposted = Muted | Grouped;
