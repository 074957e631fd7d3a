/** The part of a delivery in its conversation: what it asks before an attempt, and what it reports afterwards. */
import type { Capabilities, Show } from '../destinations/destination.js';
import type {
  ConversationAnswer,
  ConversationClaim,
  ConversationReport,
  RootPost,
} from '../contract/conversation.js';
import type { DeliverConversation, DeliverInput, PostedResult } from '../contract/deliver.js';
import type { InConversation, Receipt } from '../domain/delivery.js';
import type { PageOf } from '../domain/messagePage.js';
import { shortenText } from '../lib/cutText.js';
import { inMarkdown } from '../lib/markdownCode.js';

/** The workflows of conversations. */
export interface Conversations {
  /** Rejects where Temporal, or a worker for workflows, doesn't answer in time. Nothing may be sent then. */
  claim(workflowId: string, claim: ConversationClaim): Promise<ConversationAnswer>;
  /** Rejects where Temporal doesn't take it. */
  report(workflowId: string, report: ConversationReport): Promise<void>;
}

/** Where nothing is attempted. */
export const NO_CONVERSATIONS: Conversations = {
  claim: () => Promise.reject(new Error('there are no conversations here')),
  report: () => Promise.reject(new Error('there are no conversations here')),
};

/** What of a platform's capabilities a conversation depends on. */
export type Abilities = Pick<Capabilities, 'edit' | 'thread'>;

/** No answer about the conversation: nothing is sent, and that is no attempt. */
export class ConversationUnavailable extends Error {
  override readonly name = 'ConversationUnavailable';
}

export type ConversationAct = Extract<ConversationAnswer, { act: 'post' | 'edit' | 'reply' }>;

/** @param key the message's deduplication key */
export async function askConversation(
  conversations: Conversations,
  conversation: DeliverConversation,
  { deliveryId }: Pick<DeliverInput, 'deliveryId'>,
  key: string,
): Promise<ConversationAnswer> {
  const { acceptedAt, at, attemptMs, forgetAfterMs, id, mode, patienceMs, rank, rootFault } =
    conversation;
  const place = { at, rank, acceptedAt };
  try {
    return await conversations.claim(id, {
      deliveryId,
      message: key,
      mode,
      place,
      attemptMs,
      patienceMs,
      forgetAfterMs,
      rootFault,
    });
  } catch (cause) {
    throw new ConversationUnavailable(
      'This worker got no answer from Temporal about the message’s conversation: nothing was sent.',
      { cause },
    );
  }
}

/** How the message is shown in its conversation; `adopted`: an earlier attempt has reported it. */
export type Done = { act: ConversationAct; as: PlatformAct } | 'adopted';

/** What an attempt does, by what the platform can do. */
export type PlatformAct =
  | { kind: 'post' }
  | { kind: 'edit'; root: RootPost }
  | { kind: 'reply'; root: RootPost; isShort: boolean }
  /** A post that names the one which it follows. */
  | { kind: 'follow_up'; root: RootPost };

export function platformAct(act: ConversationAct, can: Abilities): PlatformAct {
  if (act.act === 'post') return { kind: 'post' };
  const { root } = act;
  if (act.act === 'edit' && can.edit) return { kind: 'edit', root };
  if (act.act === 'reply' && can.thread)
    return { kind: 'reply', root, isShort: act.short === true };
  return { kind: 'follow_up', root };
}

/** What is shown of the message by this act. */
export function contentFor(act: PlatformAct, message: Show, pageOf: PageOf): Show {
  const { content } = message;
  switch (act.kind) {
    case 'post':
      return message;
    case 'edit':
      return { ...message, inParts: 'never' };
    case 'reply': {
      const shown = act.isShort
        ? { ...content, title: undefined, text: shortText(content) }
        : content;
      // The post that it answers has the link.
      const page = act.isShort ? { ...message.page, footer: undefined } : message.page;
      return { ...message, page, content: shown, inParts: 'never' };
    }
    case 'follow_up': {
      const { message: key, title } = act.root;
      const { url } = pageOf(key);
      const name = inMarkdown(title ?? key);
      const follows = `Follows: ${url === undefined ? name : `${name} (<${url}>)`}`;
      return {
        ...message,
        content: { ...content, text: `${follows}\n\n${content.text}` },
        inParts: 'never',
      };
    }
  }
}

/** Enough for a notification. */
const SHORT_TEXT = 200;

function shortText({ text, title }: Show['content']): string {
  const line = title ?? text.split('\n').find((each) => each.trim() !== '') ?? text;
  return shortenText(line.trim(), SHORT_TEXT);
}

/** Adds to the result how the message is shown in its conversation, and reports it there. */
export async function reportToConversation(
  conversations: Conversations,
  result: PostedResult,
  {
    capabilities,
    done,
    input,
    key,
    title,
  }: {
    done: Done;
    input: Pick<DeliverInput, 'conversation' | 'deliveryId'>;
    key: string;
    capabilities: () => Abilities;
    /** By which later messages name it, where the platform can neither edit nor answer. */
    title: string | undefined;
  },
): Promise<PostedResult> {
  const { conversation } = input;
  if (!conversation || done === 'adopted' || result.posted) return result;
  const can = capabilities();
  const replyLeft = done.as.kind === 'edit' && conversation.mode === 'both' && can.thread;
  const receipt = { ...result.receipt, conversation: roleOf(done, result.receipt) };
  const report = reportOf(done.act, receipt, {
    ...{ conversation, input, key, replyLeft, title },
  });
  const reported = { ...result, receipt, ...(replyLeft && { replyLeft }) };
  try {
    await conversations.report(conversation.id, report);
    return reported;
  } catch {
    return { ...reported, unreported: report };
  }
}

/** How the receipt says it. */
function roleOf({ act, as }: Exclude<Done, 'adopted'>, receipt: Receipt): InConversation {
  if (act.act === 'post') {
    return act.newRoot
      ? { role: 'root', of: act.newRoot.message, because: act.newRoot.because }
      : { role: 'root' };
  }
  const of = act.root.message;
  if (receipt.standsAlone) return { role: 'root', of, because: 'post_deleted' };
  if (as.kind === 'reply' && as.isShort) return { role: 'edit_and_reply', of };
  const role = as.kind === 'post' ? 'root' : as.kind;
  const isInstead = act.act === 'reply' && act.editRefused;
  return isInstead ? { role, of, because: 'edit_refused' } : { role, of };
}

function reportOf(
  { act }: ConversationAct,
  receipt: Receipt,
  {
    conversation: { acceptedAt, at, mode, rank },
    input: { deliveryId },
    key,
    replyLeft,
    title,
  }: {
    conversation: DeliverConversation;
    input: Pick<DeliverInput, 'deliveryId'>;
    key: string;
    replyLeft: boolean;
    title: string | undefined;
  },
): ConversationReport {
  return {
    deliveryId,
    outcome: 'done',
    message: key,
    mode,
    place: { at, rank, acceptedAt },
    act,
    receipt,
    ...(title !== undefined && { title }),
    ...(replyLeft && { continues: true }),
  };
}
