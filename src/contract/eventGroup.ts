/** The `eventGroup` workflow: gathers the events of a route within a window, and posts one message of them. */
import { defineUpdate } from '@temporalio/workflow';
import type { EventWindow, GroupMember, GroupPlan } from '../domain/eventGroup.js';

export interface JoinGroupInput {
  groupId: string;
  plan: GroupPlan;
  member: GroupMember;
  /** Of the event: the first run id of its own message. */
  id: string;
}

export interface JoinGroupResult {
  /** The deduplication key of the message that shows the event. */
  message: string;
}

/** Adds an event, once: the same event joins again in the same window, as after the loss of a worker. */
export const joinGroupUpdate = defineUpdate<JoinGroupResult, [Omit<JoinGroupInput, 'groupId'>]>(
  'join',
);

/** The state of a group, which it takes along when it continues as new. */
export interface EventGroupState {
  /** The window that events join; absent until the next one comes. */
  open?: EventWindow | undefined;
  /** Windows that are over and not yet posted, the oldest first. */
  closed: EventWindow[];
  /** Id of an event → the message that shows it, of the last events, the oldest first. */
  joined: [id: string, message: string][];
  /** The number of windows so far. */
  windows: number;
}

export interface EventGroupInput {
  state?: EventGroupState | undefined;
}
