import type { Surroundings } from '../call.js';

/** What an operation is given: the request, taken apart, and the tenant to work on. */
export interface OperationContext extends Surroundings {
  /** As in a destination; empty on operations that concern no channel or chat. */
  path: string;
  team: string;
  /** The id in the URL after `messages`. */
  messageId: string;
  /** Where the request went, for links to its next page. */
  requestUrl: URL;
  body: Buffer;
}
