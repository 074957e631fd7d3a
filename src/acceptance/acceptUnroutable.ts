/** Messages of what arrived and can't be shown as it was meant. */
import type { Client } from '@temporalio/client';
import type { Configuration } from '../config/configuration.js';
import type { SourceEvent } from '../domain/event.js';
import type { Route } from '../domain/message.js';
import { plainAsMarkdown } from '../lib/plainAsMarkdown.js';
import { acceptMessage } from './acceptMessage.js';
import { usableContent } from './eventContent.js';
import { eventKey } from './eventKey.js';
import { eventMessage } from './eventMessage.js';
import { routedMessage, type RoutedMessage } from './routedMessage.js';

/** What can't be shown as it was meant, and why. */
export interface Unroutable extends Partial<
  Pick<
    SourceEvent,
    'arrivesInOrder' | 'conversation' | 'occurredAt' | 'rank' | 'reference' | 'tenant'
  >
> {
  source: string;
  /** Of the event, or of the request where its events can't be told apart. */
  key: string;
  /** Sentences of plain text. */
  reason: string;
  title?: string;
  url?: string | undefined;
}

export interface UnroutableOptions {
  /** The name of the key, or of the person, that sent the event. */
  sentBy?: string | undefined;
  /** Throws where the sender may not have it shown there. Nothing is started then. */
  assertMayShowAt?: ((place: Route[]) => void) | undefined;
}

/** Starts a message that shows people that something arrived which sendproof can't show as it was meant. */
export async function acceptUnroutable(
  client: Client,
  configuration: Configuration,
  { key, reason, source, title, url, ...origin }: Unroutable,
  traceId: string,
  { assertMayShowAt, sentBy }: UnroutableOptions = {},
): Promise<RoutedMessage> {
  const { arrivesInOrder, conversation, occurredAt, rank, reference, tenant } = origin;
  const destinations = unroutablePlace(configuration, { source, tenant });
  if (!destinations) throw new NoPlace();
  assertMayShowAt?.(destinations);
  const deduplicationKey = eventKey({ source, key }, 'unroutable');
  const page = configuration.publicUrl && `${configuration.publicUrl}/sources`;
  const event: SourceEvent = {
    ...{ arrivesInOrder, conversation, occurredAt, rank, reference, tenant },
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
      text: [title && `**${plainAsMarkdown(title)}**`, reason, page && `<${page}>`]
        .filter(Boolean)
        .join('\n\n'),
      severity: 'warning',
    },
    event,
  );
  const message = eventMessage(event, deduplicationKey, destinations, content);
  const accepted = await acceptMessage(client, configuration, message, traceId, { sentBy });
  return routedMessage(message, undefined, accepted);
}

/** Where people see what no route shows: the source's own place for it, else the operators', else that of the last route. */
export function unroutablePlace(
  { operators, routes, sources }: Pick<Configuration, 'operators' | 'routes' | 'sources'>,
  { source, tenant }: Pick<SourceEvent, 'source' | 'tenant'>,
): Route[] | undefined {
  const named = sources.find(({ name }) => name === source);
  // That of another tenant's source is not for what only calls itself so.
  const own =
    named?.tenant === undefined || named.tenant === tenant ? named?.unroutable : undefined;
  return own ?? operators?.destinations ?? routes.at(-1)?.to;
}

/** The configuration names no destination at all that an event could go to. Nothing was accepted. */
export class NoPlace extends Error {
  override readonly name = 'NoPlace';

  constructor() {
    super(
      'The configuration has no route for this event. Add one under "routes", and send the event again.',
    );
  }
}
