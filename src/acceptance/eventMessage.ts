import type { SourceEvent } from '../domain/event.js';
import {
  correlationSchema,
  type Correlation,
  type Message,
  type Route,
} from '../domain/message.js';

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
      // What a correlation can't have is left out: it is never a reason to refuse the event.
      ...correct('source', source),
      ...correct('reference', reference),
      ...correct('url', url),
    },
    priority: 3,
    onAmbiguous: 'resend',
  };
}

function correct(field: keyof Correlation, given: string | undefined): Correlation {
  const { data } = correlationSchema.shape[field].safeParse(given);
  return data === undefined ? {} : { [field]: data };
}
