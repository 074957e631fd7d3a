import { eventSchema, type SourceEvent } from '../domain/event.js';
import { messageSchema, type Message } from '../domain/message.js';
import type { Asker } from './findMessage.js';
import { parseRequest } from './problem.js';

/** What somebody has sent, as a message of the sender's tenant. @throws Problem where it is not valid */
export function parseMessage(body: unknown, { tenant }: Asker): Message {
  const message = parseRequest(messageSchema, body);
  return tenant === undefined ? message : { ...message, tenant };
}

/** The same for an event. */
export function parseEvent(body: unknown, { tenant }: Asker): SourceEvent {
  const event = parseRequest(eventSchema, body);
  return tenant === undefined ? event : { ...event, tenant };
}
