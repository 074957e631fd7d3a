import type { Client } from '@temporalio/client';
import { acceptMessage } from '../acceptance/acceptMessage.js';
import { acceptUnroutable } from '../acceptance/acceptUnroutable.js';
import { renderEvent } from '../acceptance/eventContent.js';
import { MessageRefused } from '../acceptance/refusal.js';
import { shortestRetentionMs } from '../acceptance/sealing.js';
import type { Configuration } from '../config/configuration.js';
import type { EventWindow, ShownEvents } from '../domain/eventGroup.js';
import type { Message } from '../domain/message.js';
import { openTitle } from '../store/sealedMessages.js';
import { vaultOf } from '../temporal/erasure/vaultOf.js';
import { readMessageRecord } from '../store/messageHistory.js';
import { withMessageSpan } from '../telemetry/messageSpan.js';
import { groupedEvent, groupSource } from '../templates/groupedEvent.js';

/** Makes the activity that sends the events of a window as one ordinary message. A second try of it changes nothing. */
export function createPostGroup({
  client,
  configuration,
}: {
  client: Client;
  configuration: Configuration;
}) {
  return async function postGroup(window: EventWindow): Promise<void> {
    const shown = await withOpenTitles(client, window);
    const message = messageOf(shown, await contentAndCorrelation(client, configuration, shown));
    const { messageKey, plan } = window;
    await withMessageSpan(messageKey, { root: true }, async (span) => {
      const { traceId } = span.spanContext();
      try {
        await acceptMessage(client, configuration, message, traceId, {
          shows: shownIn(window),
          contentRetentionMs: shortestRetentionMs(configuration, sourcesOf(window)),
        });
      } catch (error) {
        if (!(error instanceof MessageRefused)) throw error;
        const reason = `The route ${plan.route} can’t be used for ${window.count} events: ${error.message}.`;
        const source = groupSource(window);
        const unroutable = { source, key: messageKey, reason, tenant: plan.tenant };
        await acceptUnroutable(client, configuration, unroutable, traceId);
      }
    });
  };
}

/** One event is shown as it would be by itself; several, as a list. */
async function contentAndCorrelation(
  client: Client,
  configuration: Configuration,
  window: EventWindow,
): Promise<Pick<Message, 'content' | 'correlation'>> {
  const [only] = window.count === 1 ? window.first : [];
  const record = only && (await readMessageRecord(client, only.deduplicationKey));
  const correlation = record?.correlation ?? { source: groupSource(window) };
  if (record?.content) return { content: record.content, correlation };
  const route = configuration.routes.find(({ name }) => name === window.plan.route);
  const template = route?.template;
  const { content } = renderEvent(configuration, { template }, groupedEvent(window));
  return { content, correlation };
}

/** An event whose title can't be had any more is shown by its key. */
async function withOpenTitles(client: Client, window: EventWindow): Promise<EventWindow> {
  const vault = () => vaultOf(client);
  const first = await Promise.all(
    window.first.map(async (member) => {
      const { deduplicationKey, title } = member;
      const opened = await openTitle(vault, deduplicationKey, title);
      return { ...member, title: opened ?? deduplicationKey };
    }),
  );
  return { ...window, first };
}

/** Of the events that are shown: each title is kept no longer than its source says. */
function sourcesOf({ first }: EventWindow): string[] {
  return first.map(({ source }) => source);
}

function shownIn({ count, first }: EventWindow): ShownEvents {
  return { keys: first.map(({ deduplicationKey }) => deduplicationKey), count };
}

function messageOf(window: EventWindow, shown: Pick<Message, 'content' | 'correlation'>): Message {
  const { messageKey, plan } = window;
  const { acknowledge, destinations, expireAfterMs, onAmbiguous, priority, retryProfile } = plan;
  const { tenant } = plan;
  return {
    deduplicationKey: messageKey,
    destinations,
    ...shown,
    priority,
    onAmbiguous,
    ...(retryProfile !== undefined && { retryProfile }),
    ...(acknowledge && { acknowledge }),
    ...(tenant !== undefined && { tenant }),
    ...(expireAfterMs !== undefined && {
      expiresAt: new Date(Date.now() + expireAfterMs).toISOString(),
    }),
  };
}
