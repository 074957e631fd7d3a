/** Messages as a caller is shown them: by the keys that the caller knows, with what people call the destinations. */
import { namesAmong, type DestinationNames } from '../domain/destinationNames.js';
import type { MessageRecord, MessageState } from '../domain/messageState.js';
import { recordFor, stateFor, summaryFor } from '../domain/tenant.js';
import type { MessagePage } from '../store/search/messageSearch.js';
import type { Asker } from './findMessage.js';

interface Names {
  names: DestinationNames;
}

/** The state of a message. */
export function named(state: MessageState, { names }: Names, { tenant }: Asker): MessageState {
  return withNames(stateFor(tenant, state), names);
}

/** The same for each message of a page. */
export function allNamed(page: MessagePage, { names }: Names, { tenant }: Asker): MessagePage {
  return {
    ...page,
    messages: page.messages.map((message) => withNames(summaryFor(tenant, message), names)),
  };
}

/** The same for a message that was read whole. */
export function recordNamed<Recorded extends MessageRecord>(
  recorded: Recorded,
  { names }: Names,
  { tenant }: Asker,
): Recorded {
  const record = recordFor(tenant, recorded);
  return { ...record, state: withNames(record.state, names) };
}

function withNames<Message extends { destinations: readonly string[] }>(
  message: Message,
  names: DestinationNames,
): Message & { names?: DestinationNames } {
  const known = namesAmong(message.destinations, names);
  return known ? { ...message, names: known } : message;
}
