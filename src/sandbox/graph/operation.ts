import type { SandboxState } from '../call.js';

/** The parsed request of an operation, and the state that it works on. */
export interface OperationContext extends SandboxState {
  /** As in a destination; empty on operations that concern no channel or chat. */
  path: string;
  team: string;
  /** The id in the URL after `messages`. */
  messageId: string;
  /** The request's URL, for links to the next page. */
  requestUrl: URL;
  body: Buffer;
}
