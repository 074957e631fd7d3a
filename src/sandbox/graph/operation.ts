import type { SandboxState } from '../call.js';

/** https://learn.microsoft.com/microsoftteams/messaging-policies-in-teams */
export interface MessagingPolicy {
  /** "Edit sent messages" */
  editSentMessages: boolean;
}

/** The parsed request of an operation, and the state that it works on. */
export interface OperationContext extends SandboxState {
  /** As in a destination; empty on operations that concern no channel or chat. */
  path: string;
  team: string;
  /** The id in the URL after `messages`. */
  messageId: string;
  /** The id in the URL after `replies`; empty on operations that concern no answer. */
  replyId: string;
  /** The id or name in the URL after `users`; empty on operations that concern nobody. */
  user: string;
  policy: MessagingPolicy;
  /** The request's URL, for links to the next page. */
  requestUrl: URL;
  body: Buffer;
}
