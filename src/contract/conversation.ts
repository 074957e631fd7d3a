/**
 * What the messages of a conversation and its workflow agree on. There is one workflow for each conversation at each
 * destination: it holds the receipts, and decides whose turn it is.
 */
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Receipt } from '../domain/delivery.js';
import type { ConversationMode } from '../domain/message.js';
import type { Place } from '../domain/place.js';

/** The conversation of a message, fixed at acceptance. */
export interface ConversationPlan extends Place {
  key: string;
  mode: ConversationMode;
  /** A conversation without a message for this time is forgotten. */
  forgetAfterMs: number;
  /** A message waits at most this time for the first post of its conversation. */
  patienceMs: number;
  /** An answer in the thread is shown in the channel, too, where the platform can do that. */
  broadcast?: true | undefined;
  /** It is delivered by the activity `deliverInConversation`. Absent from what earlier releases accepted: `deliver`. */
  hasOwnActivity?: true | undefined;
}

/** A delivery asks what it may do. It asks before each of its attempts, and gets the same answer as long as that is right. */
export interface ConversationClaim {
  deliveryId: string;
  /** The id of the message's workflow, which is its deduplication key. */
  message: string;
  mode: ConversationMode;
  place: Place;
  /** How long the attempt that asks may take until its request has ended. */
  attemptMs: number;
  patienceMs: number;
  forgetAfterMs: number;
  /** What the last attempt of this delivery found out about the root post. */
  rootFault?: RootFault | undefined;
}

/** Why the post of a conversation can't be changed or answered. */
export interface RootFault {
  kind: 'post_not_found' | 'edit_refused';
  /** Of the delivery that made the post. */
  deliveryId: string;
}

/** The first post of a conversation at a destination, which later messages change or answer. */
export interface RootPost {
  /** Of the delivery that made it. */
  deliveryId: string;
  message: string;
  receipt: Receipt;
  /** The title that it was posted with. Only where later messages have to name it: on platforms without edits and threads. */
  title?: string | undefined;
  /** The platform refuses to change it: what would change it answers it. */
  editRefused?: true | undefined;
}

/** Why a message that would have changed or answered a post is a post of its own. */
export interface NewRoot {
  /** `not_posted`: the first message was not posted in time. `post_deleted`: its post is gone. */
  because: 'not_posted' | 'post_deleted';
  /** The message whose post it would have changed or answered. */
  message: string;
}

/** What the delivery does next. */
export type ConversationAnswer =
  /** It makes the root post. */
  | { act: 'post'; newRoot?: NewRoot | undefined }
  | { act: 'edit'; root: RootPost }
  /** `short`: it has replaced the content of the root, and only notifies people. */
  | { act: 'reply'; root: RootPost; short?: true | undefined; editRefused?: true | undefined }
  /** The conversation signals it when it may ask again. `behind`: the message that goes first. */
  | { act: 'wait'; behind: string }
  /** A newer message of the conversation is shown. */
  | { act: 'nothing'; supersededBy: string }
  /** It was reported already. */
  | { act: 'adopt'; receipt: Receipt };

export const claimUpdate = defineUpdate<ConversationAnswer, [ConversationClaim]>('claim');

/** What became of a delivery. */
export type ConversationReport = { deliveryId: string } & (
  | {
      outcome: 'done';
      message: string;
      mode: ConversationMode;
      place: Place;
      act: 'post' | 'edit' | 'reply';
      receipt: Receipt;
      title?: string | undefined;
      /** It makes one more post, the short reply of mode `both`. */
      continues?: boolean | undefined;
    }
  /** A person has to decide. `receipt`: some of its parts are posted. */
  | { outcome: 'parked'; message: string; patienceMs: number; receipt?: Receipt | undefined }
  /** It was discarded or cancelled, or has expired. */
  | { outcome: 'ended' }
);

export const reportSignal = defineSignal<[ConversationReport]>('report');

/** What a conversation tells a delivery that waits: to ask again, or that a newer message is shown. */
export interface ConversationTurn {
  deliveryId: string;
  /** Undefined: it may ask again. */
  supersededBy?: string | undefined;
}

export const conversationTurnSignal = defineSignal<[ConversationTurn]>('conversationTurn');

/** A delivery to which the conversation has given the turn. Times are epoch milliseconds. */
export interface TurnHolder {
  claim: ConversationClaim;
  act: 'post' | 'edit' | 'reply' | 'short_reply';
  /** When it got the turn. */
  since: number;
  /** It was signalled to ask again, and has not asked yet. */
  isOffered: boolean;
  /** Until then the attempt that asked last may post. */
  until: number;
  newRoot?: NewRoot | undefined;
}

/** All that a conversation knows, as it is carried from run to run. Times are epoch milliseconds. */
export interface ConversationState {
  root?: RootPost | undefined;
  /** The newest message that is shown. */
  shown?: { deliveryId: string; message: string; place: Place } | undefined;
  holder?: TurnHolder | undefined;
  waiting: { claim: ConversationClaim; since: number }[];
  /** The message that would have made the root post needs a person's decision. */
  parked?: { deliveryId: string; message: string; until: number } | undefined;
  /** Why there is no root post any more. */
  lost?: NewRoot | undefined;
  /** The last deliveries that reported, the newest last. */
  done: { deliveryId: string; receipt: Receipt }[];
  /** The last time that a message asked or reported. */
  touchedAt: number;
  forgetAfterMs: number;
}

export interface ConversationInput {
  /** The state of the previous run, which continued as new. */
  carried?: ConversationState | undefined;
}
