import type { Client } from '@temporalio/client';
import { acceptMessage } from '../acceptance/acceptMessage.js';
import { acceptUnroutable } from '../acceptance/acceptUnroutable.js';
import { renderEvent } from '../acceptance/eventContent.js';
import { MessageRefused } from '../acceptance/refusal.js';
import { shortestRetentionMs } from '../acceptance/sealing.js';
import type { Configuration } from '../config/configuration.js';
import type { EventWindow, ShownEvents } from '../domain/eventGroup.js';
import type { Content, Message } from '../domain/message.js';
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
    const content = await contentOf(client, configuration, shown);
    const message = messageOf(shown, content);
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
async function contentOf(
  client: Client,
  configuration: Configuration,
  window: EventWindow,
): Promise<Content> {
  const [only] = window.count === 1 ? window.first : [];
  const record = only && (await readMessageRecord(client, only.deduplicationKey));
  if (record?.content) return record.content;
  const route = configuration.routes.find(({ name }) => name === window.plan.route);
  return renderEvent(configuration, { template: route?.template }, groupedEvent(window)).content;
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

function messageOf(window: EventWindow, content: Content): Message {
  const { messageKey, plan } = window;
  const { acknowledge, destinations, expireAfterMs, onAmbiguous, priority, retryProfile } = plan;
  const { tenant } = plan;
  const event = groupedEvent(window);
  return {
    deduplicationKey: messageKey,
    destinations,
    content,
    correlation: { source: event.source },
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
