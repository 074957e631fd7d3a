/** The page that shows a message to people: all of its text, and what happened to it. */

export interface MessagePage {
  deduplicationKey: string;
  /** Undefined where it isn't configured how people reach the pages. */
  url: string | undefined;
  /** The address that posts lead to where they have such links. It may open the page without a session. */
  link?: string | undefined;
  /** The same, for the footer of the post; undefined: the post has none. */
  footer?: string | undefined;
}

/** The words of the link in the footer of a post. */
export const LINK_WORDS = 'Why am I seeing this?';

/** The page of each message, with the link that posts show. */
export type PageOf = (deduplicationKey: string) => MessagePage;

/** @param publicUrl how people reach the API, without a slash at its end */
export function messagePage(deduplicationKey: string, publicUrl: string | undefined): MessagePage {
  const url = publicUrl === undefined ? undefined : publicUrl + messagePagePath(deduplicationKey);
  return { deduplicationKey, url };
}

/** The path of the page below the API's address. */
export function messagePagePath(deduplicationKey: string): string {
  return `/messages/${encodeURIComponent(deduplicationKey)}`;
}

/** The path of the page of a conversation below the API's address. */
export function conversationPagePath(key: string): string {
  return `/conversations/${encodeURIComponent(key)}`;
}

/** The path of the page of a batch below the API's address. */
export function batchPagePath(id: string): string {
  return `/batches/${encodeURIComponent(id)}`;
}
