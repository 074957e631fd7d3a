import { namesAmong, type DestinationNames } from '../domain/destinationNames.js';
import type { MessagePage } from '../store/search/messageSearch.js';

/** The message with what people call its destinations. */
export function named<Message extends { destinations: readonly string[] }>(
  message: Message,
  { names }: { names: DestinationNames },
): Message & { names?: DestinationNames } {
  const known = namesAmong(message.destinations, names);
  return known ? { ...message, names: known } : message;
}

/** The same for each message of a page. */
export function allNamed(
  page: MessagePage,
  configuration: { names: DestinationNames },
): MessagePage {
  return { ...page, messages: page.messages.map((message) => named(message, configuration)) };
}

/** The same for a message that was read whole. */
export function recordNamed<Recorded extends { state: { destinations: readonly string[] } }>(
  recorded: Recorded,
  configuration: { names: DestinationNames },
): Recorded {
  return { ...recorded, state: named(recorded.state, configuration) };
}
