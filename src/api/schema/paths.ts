import { batchPagePath, messagePagePath } from '../../domain/messagePage.js';

/** The path of a message below the API's address. */
export function messagePath(deduplicationKey: string): string {
  return `/v1/messages/${encodeURIComponent(deduplicationKey)}`;
}

/** The path of the progress of a decision on many dead letters below the API's address. */
export function decisionPath(id: string): string {
  return `/v1/dead-letters/decisions/${encodeURIComponent(id)}`;
}

/** The path of a batch below the API's address. */
export function batchPath(id: string): string {
  return `/v1/batches/${encodeURIComponent(id)}`;
}

/**
 * Where everything about a batch is at the API's host.
 *
 * @param basePath as for `messageLinks`
 */
export function batchLinks(
  id: string,
  traceId: string,
  basePath: string,
): { self: string; messages: string; page: string } {
  return {
    self: basePath + batchPath(id),
    messages: `${basePath}/v1/messages?traceId=${traceId}`,
    page: basePath + batchPagePath(id),
  };
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
