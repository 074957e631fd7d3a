/** From an event to the messages that its routes make of it. */
import type { Client } from '@temporalio/client';
import type { Configuration } from '../config/configuration.js';
import type { SourceEvent } from '../domain/event.js';
import { allDestinations, type Message, type Route } from '../domain/message.js';
import { chooseRoutes } from '../routing/chooseRoutes.js';
import { defaultContent } from '../templates/defaultContent.js';
import { acceptMessage } from './acceptMessage.js';
import { usableContent } from './eventContent.js';
import { eventKey } from './eventKey.js';
import { MessageRefused } from './refusal.js';

/** What became of an event at one route. */
export interface RoutedMessage {
  deduplicationKey: string;
  /** The name of the route; undefined where no route could take the event. */
  route: string | undefined;
  duplicate: boolean;
}

/**
 * Starts a message for each route that takes the event. A destination that an earlier route of the event has is left out, so
 * that people see the event once. Where no route takes it, or none can be used, it becomes a message that says so. Resolves
 * when Temporal has all of them.
 */
export async function acceptEvent(
  client: Client,
  configuration: Configuration,
  event: SourceEvent,
  traceId: string,
): Promise<RoutedMessage[]> {
  const routed: RoutedMessage[] = [];
  const served = new Set<string>();
  for (const { mismatch, route } of chooseRoutes(configuration.routes, event)) {
    if (mismatch !== undefined) continue;
    const to = route.to.filter(({ destination }) => !served.has(destination));
    if (to.length === 0) continue;
    for (const destination of allDestinations(to)) served.add(destination);
    const deduplicationKey = eventKey(event, routed.length === 0 ? undefined : route.name);
    const content = usableContent(defaultContent(event), event);
    const message = messageOf(event, deduplicationKey, to, content);
    try {
      const duplicate = await start(client, configuration, message, traceId);
      routed.push({ deduplicationKey, route: route.name, duplicate });
    } catch (error) {
      if (!(error instanceof MessageRefused)) throw error;
      const unroutable = {
        ...event,
        reason: `The route ${route.name} can’t be used: ${error.message}.`,
      };
      routed.push(await acceptUnroutable(client, configuration, unroutable, traceId));
    }
  }
  if (routed.length > 0) return routed;
  const reason =
    'No route takes this event. Add one to the configuration, or a last route without conditions.';
  return [await acceptUnroutable(client, configuration, { ...event, reason }, traceId)];
}

/** What can't be shown as it was meant, and why. */
export interface Unroutable {
  source: string;
  /** Of the event, or of the request where its events can't be told apart. */
  key: string;
  /** Sentences of plain text. */
  reason: string;
  title?: string;
  url?: string | undefined;
}

/** Starts a message that shows people that something arrived which sendproof can't show as it was meant. */
export async function acceptUnroutable(
  client: Client,
  configuration: Configuration,
  { key, reason, source, title, url }: Unroutable,
  traceId: string,
): Promise<RoutedMessage> {
  const deduplicationKey = eventKey({ source, key }, 'unroutable');
  const page = configuration.publicUrl && `${configuration.publicUrl}/sources`;
  const event: SourceEvent = {
    key,
    source,
    state: 'other',
    severity: 'warning',
    title: `Something from ${source} has no place`,
    text: '',
    labels: {},
    url,
  };
  const content = usableContent(
    {
      title: event.title,
      text: [title && `**${title}**`, reason, page && `<${page}>`].filter(Boolean).join('\n\n'),
      severity: 'warning',
    },
    event,
  );
  const message = messageOf(event, deduplicationKey, placeFor(configuration, source), content);
  return {
    deduplicationKey,
    route: undefined,
    duplicate: await start(client, configuration, message, traceId),
  };
}

/** The source's own place for it, else the operators, else where the last route leads. */
function placeFor({ operators, routes, sources }: Configuration, source: string): Route[] {
  const own = sources.find(({ name }) => name === source)?.unroutable;
  return own ?? operators?.destinations ?? routes.at(-1)?.to ?? [];
}

function messageOf(
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

/** Whether it is a duplicate. The event is what is identified, not its text: a template may have changed since. */
async function start(
  client: Client,
  configuration: Configuration,
  message: Message,
  traceId: string,
): Promise<boolean> {
  const { outcome } = await acceptMessage(client, configuration, message, traceId);
  return outcome !== 'accepted';
}
