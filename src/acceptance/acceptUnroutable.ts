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
  Pick<SourceEvent, 'conversation' | 'occurredAt' | 'rank' | 'reference' | 'tenant'>
> {
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
  { key, reason, source, title, url, ...origin }: Unroutable,
  traceId: string,
  sentBy?: string,
): Promise<RoutedMessage> {
  const deduplicationKey = eventKey({ source, key }, 'unroutable');
  const page = configuration.publicUrl && `${configuration.publicUrl}/sources`;
  const { conversation, occurredAt, rank, reference, tenant } = origin;
  const event: SourceEvent = {
    ...{ conversation, occurredAt, rank, reference, tenant },
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
  const message = eventMessage(event, deduplicationKey, placeFor(configuration, event), content);
  const accepted = await acceptMessage(client, configuration, message, traceId, { sentBy });
  return routedMessage(message, undefined, accepted);
}

/** The source's own place for it, else the operators, else where the last route leads. */
function placeFor(
  { operators, routes, sources }: Configuration,
  { source, tenant }: Pick<SourceEvent, 'source' | 'tenant'>,
): Route[] {
  const named = sources.find(({ name }) => name === source);
  // That of another tenant's source is not for what only calls itself so.
  const own =
    named?.tenant === undefined || named.tenant === tenant ? named?.unroutable : undefined;
  const place = own ?? operators?.destinations ?? routes.at(-1)?.to;
  if (place) return place;
  throw new NoPlace();
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
