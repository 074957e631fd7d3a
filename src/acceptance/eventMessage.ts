import type { SourceEvent } from '../domain/event.js';
import type { Message, Route } from '../domain/message.js';

/** What the message of any event has; a route may set more. */
export function eventMessage(
  { reference, source, url }: SourceEvent,
  deduplicationKey: string,
  destinations: Route[],
  content: Message['content'],
): Message {
  return {
    deduplicationKey,
    destinations,
    content,
    correlation: {
      source,
      ...(reference !== undefined && { reference }),
      ...(url !== undefined && { url }),
    },
    priority: 3,
    onAmbiguous: 'resend',
  };
}
