import { messagePagePath } from '../../domain/messagePage.js';

/** The address of a message in this API. */
export function messagePath(deduplicationKey: string): string {
  return `/v1/messages/${encodeURIComponent(deduplicationKey)}`;
}

/** Where everything about a message is, relative to the API's address. */
export function messageLinks(deduplicationKey: string): {
  self: string;
  timeline: string;
  page: string;
} {
  const self = messagePath(deduplicationKey);
  return { self, timeline: `${self}/timeline`, page: messagePagePath(deduplicationKey) };
}
