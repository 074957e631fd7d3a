import { RANKS, type SourceEvent } from '../domain/event.js';
import {
  correlationSchema,
  requestTimestamp,
  type Correlation,
  type Message,
  type Route,
} from '../domain/message.js';
import { eventKey } from './eventKey.js';

/** What the message of any event has; a route may set more. */
export function eventMessage(
  event: SourceEvent,
  deduplicationKey: string,
  destinations: Route[],
  content: Message['content'],
): Message {
  const { reference, source, tenant, url } = event;
  const partOf = conversationOf(event);
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
    ...(partOf && { partOf }),
    ...(tenant !== undefined && { tenant }),
  };
}

/** The conversation of an event; undefined where it belongs to none. */
function conversationOf({
  arrivesInOrder,
  conversation,
  occurredAt,
  rank,
  source,
  state,
}: SourceEvent): Message['partOf'] {
  if (conversation === undefined) return undefined;
  return {
    key: eventKey({ source, key: conversation }),
    ...(!arrivesInOrder && isTime(occurredAt) && { at: occurredAt }),
    rank: rank ?? RANKS[state],
  };
}

function correct(field: keyof Correlation, given: string | undefined): Correlation {
  const { data } = correlationSchema.shape[field].safeParse(given);
  return data === undefined ? {} : { [field]: data };
}

/** Not every source checks its times. */
function isTime(text: string | undefined): text is string {
  return requestTimestamp.safeParse(text).success;
}
