/** From an event in the product's own form to its messages. */
import { acceptEvent, type EventOptions } from '../acceptance/acceptEvent.js';
import { messageId } from '../acceptance/messageId.js';
import type { RoutedMessage } from '../acceptance/routedMessage.js';
import type { SourceEvent } from '../domain/event.js';
import type { ReceptionContext } from './apiContext.js';
import { tellingRefusals } from './refusedWrites.js';
import { reportTemplateFailures } from './templateFailures.js';

/** Room for the longest text in any script, escaped, and for what the source sent. */
export const EVENT_LIMIT_BYTES = 1024 * 1024;

/**
 * Accepts the messages of an event. Counts and logs what became of them.
 *
 * @param options.expiresAt the time after which they are not posted any more, where their routes don't say an earlier one
 */
export async function receiveEvent(
  context: ReceptionContext,
  event: SourceEvent,
  traceId: string,
  options: EventOptions = {},
): Promise<RoutedMessage[]> {
  const routed = await tellingRefusals(context.writes, () =>
    acceptEvent(context.client, context.configuration, event, traceId, options),
  );
  report(event, routed, context);
  reportTemplateFailures(context, routed);
  return routed;
}

function report(
  { tenant }: Pick<SourceEvent, 'tenant'>,
  routed: readonly RoutedMessage[],
  { log, metrics, writes }: ReceptionContext,
): void {
  for (const { duplicate, route, status, ...message } of routed) {
    const deduplicationKey = messageId(tenant, message.deduplicationKey);
    if (duplicate) metrics.duplicates.inc();
    else metrics.accepted.inc();
    const line = { deduplicationKey, route, status };
    log.info(line, duplicate ? 'Duplicate event dropped' : 'Event accepted');
  }
  if (routed.some(({ duplicate }) => !duplicate)) writes.messageAccepted();
}
