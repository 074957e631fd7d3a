import type { TemplateFailure } from '../templates/template.js';
import type { Acceptance } from '../domain/acceptance.js';
import type { Message } from '../domain/message.js';
import type { Unposted } from '../domain/unposted.js';
import type { MessageStatus } from '../domain/delivery.js';

/** What became of an event at one route. */
export interface RoutedMessage {
  deduplicationKey: string;
  /** The name of the route; undefined where no route could take the event. */
  route: string | undefined;
  duplicate: boolean;
  /** Of an accepted message `accepted`, or why it is not posted by itself; of a duplicate that of the original. */
  status: MessageStatus;
  /** Set where the template of the route could not show the event, so that it has the default content. */
  templateFailure?: TemplateFailure;
}

export function routedMessage(
  { deduplicationKey }: Pick<Message, 'deduplicationKey'>,
  route: string | undefined,
  acceptance: Acceptance,
  unposted?: Unposted,
): RoutedMessage {
  const duplicate = acceptance.outcome !== 'accepted';
  const status = duplicate ? acceptance.status : (unposted?.kind ?? 'accepted');
  return { deduplicationKey, route, duplicate, status };
}
