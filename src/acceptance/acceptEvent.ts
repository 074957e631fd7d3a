/** From an event to the messages that its routes make of it. */
import type { Client } from '@temporalio/client';
import type { Configuration } from '../config/configuration.js';
import { eventGroupId } from '../contract/names.js';
import type { SourceEvent } from '../domain/event.js';
import { LONGEST_MEMBER_TITLE } from '../domain/eventGroup.js';
import {
  allDestinations,
  type ConversationMode,
  type Message,
  type Route,
} from '../domain/message.js';
import { shortenText } from '../lib/cutText.js';
import type { Unposted } from '../domain/unposted.js';
import { chooseRoutes } from '../routing/chooseRoutes.js';
import { reminderNumber } from '../routing/reminder.js';
import type { EventRoute } from '../routing/route.js';
import { acceptMessage } from './acceptMessage.js';
import { acceptUnroutable, type UnroutableOptions } from './acceptUnroutable.js';
import { renderEvent } from './eventContent.js';
import { eventKey } from './eventKey.js';
import { eventMessage } from './eventMessage.js';
import { messageId } from './messageId.js';
import { MessageRefused } from './refusal.js';
import { routedMessage, type RoutedMessage } from './routedMessage.js';

export interface EventOptions extends UnroutableOptions {
  /** ISO 8601. */
  expiresAt?: string | undefined;
}

/**
 * Starts a message for each route that takes the event. A destination at which an earlier route shows the event is left out, so
 * that people see the event once. Where no route takes it, or none can be used, it becomes a message that says so. Resolves
 * when Temporal has all of them.
 *
 * @param options.expiresAt the latest time at which a message is posted, where its route says no earlier one
 */
export async function acceptEvent(
  client: Client,
  configuration: Configuration,
  event: SourceEvent,
  traceId: string,
  { expiresAt, ...options }: EventOptions = {},
): Promise<RoutedMessage[]> {
  const { sentBy } = options;
  const routed: RoutedMessage[] = [];
  const served = new Set<string>();
  for (const { mismatch, route } of chooseRoutes(configuration.routes, event)) {
    if (mismatch !== undefined) continue;
    const to = route.to.filter(({ destination }) => !served.has(destination));
    if (to.length === 0) continue;
    const place = { route, to, isFirst: routed.length === 0, expiresAt, sentBy };
    try {
      const message = await acceptAtRoute(client, configuration, { event, ...place }, traceId);
      routed.push(message);
      // What a muted route doesn't post, a later one may.
      if (isMuted(message, route, event)) continue;
      for (const destination of allDestinations(to)) served.add(destination);
    } catch (error) {
      if (!(error instanceof MessageRefused)) throw error;
      const unroutable = {
        ...event,
        reason: `The route ${route.name} can’t be used: ${error.message}.`,
      };
      routed.push(await acceptUnroutable(client, configuration, unroutable, traceId, options));
    }
  }
  if (routed.length > 0) return routed;
  const reason =
    'No route takes this event. Add one to the configuration, or a last route without conditions.';
  return [await acceptUnroutable(client, configuration, { ...event, reason }, traceId, options)];
}

/** A duplicate of a message that no worker has begun doesn't say yet that it is muted. */
function isMuted(
  { duplicate, status }: RoutedMessage,
  route: EventRoute,
  event: SourceEvent,
): boolean {
  if (status === 'muted') return true;
  return duplicate && status === 'accepted' && route.muted(event, Date.now()) !== undefined;
}

interface EventAtRoute {
  event: SourceEvent;
  route: EventRoute;
  /** The destinations of the route that no earlier one of the event has. */
  to: Route[];
  isFirst: boolean;
  expiresAt: string | undefined;
  sentBy: string | undefined;
}

/**
 * Starts the message of one route; where the event has come again after long enough, a reminder. The event is what is
 * identified, not its text: a template may have changed since.
 */
async function acceptAtRoute(
  client: Client,
  configuration: Configuration,
  at: EventAtRoute,
  traceId: string,
): Promise<RoutedMessage> {
  const now = Date.now();
  const { content, ...failure } = renderEvent(configuration, at.route, at.event);
  const accept = async (reminder: number) => {
    const message = messageAtRoute(at, content, now, reminder);
    const unposted = whyUnposted(at, message, now);
    const options = { unposted, sentBy: at.sentBy };
    const acceptance = await acceptMessage(client, configuration, message, traceId, options);
    const routed = routedMessage(message, at.route.name, acceptance, unposted);
    return { acceptance, routed: { ...routed, ...failure } };
  };
  const { acceptance, routed } = await accept(0);
  if (acceptance.outcome === 'accepted') return routed;
  const reminder = reminderNumber(at.route, now - Date.parse(acceptance.acceptedAt));
  return reminder === 0 ? routed : (await accept(reminder)).routed;
}

function messageAtRoute(
  { event, expiresAt, isFirst, route, to }: EventAtRoute,
  content: Message['content'],
  now: number,
  reminder: number,
): Message {
  const { acknowledge, broadcast, conversationMode, expireAfterMs, name } = route;
  const { onAmbiguous, priority, retryProfile } = route;
  const key = eventKey(event, isFirst ? undefined : name, reminder);
  const message = eventMessage(event, key, to, content);
  const { partOf } = message;
  return {
    ...message,
    priority,
    onAmbiguous,
    ...(retryProfile !== undefined && { retryProfile }),
    ...(acknowledge && { acknowledge }),
    ...expiry(expireAfterMs === undefined ? undefined : now + expireAfterMs, expiresAt),
    ...(partOf &&
      conversationMode && {
        conversation: { ...partOf, mode: modeFor(event, conversationMode), broadcast },
      }),
  };
}

/** The earlier of the two times, where there is one. */
function expiry(ofRoute: number | undefined, given: string | undefined): { expiresAt?: string } {
  const times = [ofRoute, given === undefined ? undefined : Date.parse(given)];
  const earliest = Math.min(...times.filter((time) => time !== undefined));
  return Number.isFinite(earliest) ? { expiresAt: new Date(earliest).toISOString() } : {};
}

/**
 * News about what goes on, as a note, answers the post in any case: in its place they would hide what state it is in.
 */
function modeFor({ state }: SourceEvent, ofRoute: ConversationMode): ConversationMode {
  return state === 'updated' ? 'reply' : ofRoute;
}

/** Why the message of an event is not posted by itself; undefined where it is. */
function whyUnposted(
  { event, route, to }: EventAtRoute,
  { deduplicationKey }: Message,
  now: number,
): Unposted | undefined {
  const { group, name } = route;
  const muted = route.muted(event, now);
  if (muted) {
    const until = muted.until === undefined ? undefined : new Date(muted.until).toISOString();
    return { kind: 'muted', route: name, ...(until !== undefined && { until }) };
  }
  if (!group) return undefined;
  const { maximum, windowMs } = group;
  const { acknowledge, expireAfterMs, onAmbiguous, priority, retryProfile } = route;
  const { severity, source, tenant, title, url } = event;
  return {
    kind: 'grouped',
    route: name,
    groupId: eventGroupId(messageId(tenant, group.hashOf(event))),
    plan: {
      ...{ route: name, windowMs, maximum },
      ...{ destinations: to, priority, onAmbiguous, retryProfile, expireAfterMs, acknowledge },
      ...(tenant !== undefined && { tenant }),
    },
    member: {
      deduplicationKey: messageId(tenant, deduplicationKey),
      source,
      title: shortenText(title, LONGEST_MEMBER_TITLE),
      severity,
      url,
    },
  };
}
