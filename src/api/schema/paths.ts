import { messagePagePath } from '../../domain/messagePage.js';

/** The path of a message below the API's address. */
export function messagePath(deduplicationKey: string): string {
  return `/v1/messages/${encodeURIComponent(deduplicationKey)}`;
}

/** The path of the progress of a decision on many dead letters below the API's address. */
export function decisionPath(id: string): string {
  return `/v1/dead-letters/decisions/${id}`;
}

/**
 * Where everything about a message is at the API's host.
 *
 * @param basePath of the API, as `/sendproof`; empty at the root
 */
export function messageLinks(
  deduplicationKey: string,
  basePath: string,
): { self: string; timeline: string; page: string } {
  const self = basePath + messagePath(deduplicationKey);
  return { self, timeline: `${self}/timeline`, page: basePath + messagePagePath(deduplicationKey) };
}
