/** From a request of a source to its answer: whether it is authentic, what it is, and the messages of its events. */
import { createHash } from 'node:crypto';
import { acceptEvent } from '../acceptance/acceptEvent.js';
import { acceptUnroutable } from '../acceptance/acceptUnroutable.js';
import type { RoutedMessage } from '../acceptance/routedMessage.js';
import type { ConfiguredSource } from '../config/sources.js';
import type { SourceEvent } from '../domain/event.js';
import {
  Unusable,
  type Identity,
  type ParsedEvent,
  type Source,
  type SourceRequest,
} from '../sources/source.js';
import { activeTraceId } from '../telemetry/tracing.js';
import { isPassingFailure } from '../temporal/temporalFailure.js';
import type { AcceptanceProgress, AcceptedEvents } from './acceptanceProgress.js';
import type { ApiContext, ReceptionContext } from './apiContext.js';
import { sourceRecord } from './intakeRecord.js';
import { Problem } from './problem.js';
import { problemOf } from './problemOf.js';
import type { QueuedIntake } from './queuedIntake.js';
import type { Reception } from './reception.js';
import type { ReceivedRequest } from './sourceRequest.js';
import { reportTemplateFailures } from './templateFailures.js';

/** How many conversations of one request are accepted at once; the events of one follow each other. */
const MOST_AT_ONCE = 10;

const FAULT_OF_OURS =
  'sendproof failed to read this request, which is a fault in sendproof. The error is in the log of the API.';

/** How a request comes, beside its content. */
export interface Delivery {
  /** Of this and other requests; without it, a request of many events begins anew when it comes again. */
  progress?: AcceptanceProgress;
  /** Whether the sender still waits for the answer. */
  hasTime?: () => boolean;
  /** The time after which the messages are not posted any more, where their routes don't say an earlier one. */
  expiresAt?: string | undefined;
}

/** Rejects where the sender is to try again, and with a Problem where the body can't be read and nobody knows who sent it. */
export async function answerTo(
  { fault, request }: ReceivedRequest,
  configured: ConfiguredSource,
  context: ReceptionContext & Pick<ApiContext, 'intake'>,
  delivery: Delivery,
): Promise<Reception> {
  const { source } = configured;
  const verdict = await source.verify(request);
  if (verdict !== 'authentic') {
    if (fault) throw fault;
    return { outcome: 'refused', reason: verdict.refusedBecause };
  }
  // Headers alone prove who sent it, so that it is kept even without its body.
  if (fault) {
    return await unusable(unreadKey(fault.type), fault.message, configured, context);
  }
  const queued = context.intake && (await queue(request, configured, context.intake));
  return queued ?? (await receiveAuthentic(request, configured, context, delivery));
}

/** Stores the request in the queue of the intake; undefined where it is to be accepted at once. */
async function queue(
  request: SourceRequest,
  configured: ConfiguredSource,
  intake: QueuedIntake,
): Promise<Reception | undefined> {
  const { source } = configured;
  if (!isOfEvents(request, source)) return undefined;
  try {
    await intake.put(sourceRecord(configured, request, conversationOf(request, source)));
  } catch (error) {
    // Its sender can't make it smaller, and does not send it again.
    if (error instanceof Problem && error.type === 'body_too_large') return undefined;
    throw error;
  }
  const answer = source.accepted ?? { status: 202, body: { status: 'queued', messages: [] } };
  return { outcome: 'queued', answer };
}

/** Tests and handshakes are answered at once. What can't be read is for the consumer, which says so. */
function isOfEvents(request: SourceRequest, source: Source): boolean {
  try {
    return source.identify(request).kind === 'events';
  } catch {
    return true;
  }
}

/** Of its first event that has one, so that the requests of a conversation keep their order. */
function conversationOf(request: SourceRequest, source: Source): string | undefined {
  try {
    return source.parse(request).find(({ conversation }) => conversation)?.conversation;
  } catch {
    return undefined;
  }
}

/** Accepts the events of a request whose sender is known. Rejects where the request is to be tried again. */
export async function receiveAuthentic(
  request: SourceRequest,
  configured: ConfiguredSource,
  context: ReceptionContext,
  delivery: Delivery,
): Promise<Reception> {
  const { source } = configured;
  const read = readEvents(request, configured, context);
  if ('unusableBecause' in read) {
    return await unusable(read.key, read.unusableBecause, configured, context);
  }
  const { bodyHash, events, identity } = read;
  if (identity.kind === 'test') {
    return {
      outcome: 'test',
      answer: source.accepted ?? { status: 202, body: { status: 'test', detail: identity.says } },
    };
  }
  if (identity.kind === 'handshake') {
    const answer = await source.handshake?.(request);
    return { outcome: 'handshake', answer: answer ?? { status: 200 } };
  }
  const messages = await acceptAll(events, configured, context, {
    request: JSON.stringify([configured.name, identity.key, bodyHash]),
    ...delivery,
  });
  reportTemplateFailures(context, messages);
  return {
    outcome: 'accepted',
    answer: source.accepted ?? { status: 202, body: { status: 'accepted', messages } },
    messages: messages.map(({ deduplicationKey }) => deduplicationKey),
  };
}

type Read =
  | { identity: Identity; events: ParsedEvent[]; bodyHash: string }
  | { unusableBecause: string; key: string };

/** An error of our own is no reason to lose an event: it becomes unusable, too. */
function readEvents(
  request: SourceRequest,
  { name, source }: ConfiguredSource,
  { log }: Pick<ReceptionContext, 'log'>,
): Read {
  const bodyHash = `sha256-${createHash('sha256').update(request.body).digest('base64url')}`;
  let key = bodyHash;
  try {
    const identity = source.identify(request);
    if (identity.kind !== 'events') return { identity, events: [], bodyHash };
    ({ key } = identity);
    return { identity, events: source.parse(request), bodyHash };
  } catch (error) {
    if (error instanceof Unusable) return { unusableBecause: error.message, key };
    // Without its message, which may quote the body.
    log.error({ source: name, err: withoutMessage(error) }, 'A source failed to read a request');
    return { unusableBecause: FAULT_OF_OURS, key };
  }
}

/** Its kind and where it was thrown. */
function withoutMessage(error: unknown): Error {
  const { name, stack = '' } = error instanceof Error ? error : new Error();
  const places = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return Object.assign(new Error(name), { stack: [name, ...places].join('\n') });
}

/** Nothing identifies what was not read: one message an hour for each kind is enough to notice it. */
function unreadKey(kind: string): string {
  return `unread-${kind}-${new Date().toISOString().slice(0, 'yyyy-mm-ddThh'.length)}`;
}

async function unusable(
  key: string,
  because: string,
  { name, source, tenant }: ConfiguredSource,
  { client, configuration }: ReceptionContext,
): Promise<Reception> {
  const reason = `${because} The request was authentic, and is not sent again by its sender.`;
  const message = await acceptUnroutable(
    client,
    configuration,
    { source: name, key, reason, tenant },
    activeTraceId(),
  ).catch(notRefused);
  return {
    outcome: 'unusable',
    answer: source.accepted ?? {
      status: 202,
      body: { status: 'unusable', detail: because, messages: [message] },
    },
    messages: [message.deduplicationKey],
    reason: because,
  };
}

/**
 * The messages of all events, in their order. Where Temporal fails on the way, or the sender's time is over, the whole request
 * is sent again, and goes on with what has no message yet.
 */
async function acceptAll(
  events: readonly ParsedEvent[],
  configured: ConfiguredSource,
  context: ReceptionContext,
  { expiresAt, hasTime = () => true, progress, request }: Delivery & { request: string },
): Promise<RoutedMessage[]> {
  const acceptMissing = (accepted: AcceptedEvents): Promise<void>[] => {
    const waiting = conversationsOf(events);
    const acceptOneAfterAnother = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        for (const index of next) {
          const event = events[index];
          if (event) accepted[index] ??= await acceptOne(event, configured, context, expiresAt);
        }
      }
    };
    return Array.from({ length: MOST_AT_ONCE }, acceptOneAfterAnother);
  };
  // A single event needs no memory of its own: when it comes again, its message is a duplicate.
  if (progress && events.length > 1) {
    const { length } = events;
    return await progress.accept(request, { events: length, acceptMissing, hasTime });
  }
  const accepted: AcceptedEvents = [];
  await Promise.all(acceptMissing(accepted));
  return accepted.flatMap((messages = []) => messages);
}

/** The places of the events that belong together; an event without a conversation is alone. */
function conversationsOf(events: readonly ParsedEvent[]): number[][] {
  const conversations = new Map<unknown, number[]>();
  events.forEach(({ conversation }, index) => {
    const key = conversation ?? Symbol();
    const known = conversations.get(key);
    if (known) known.push(index);
    else conversations.set(key, [index]);
  });
  return [...conversations.values()];
}

async function acceptOne(
  parsed: ParsedEvent,
  { name, tenant }: ConfiguredSource,
  { client, configuration, log }: ReceptionContext,
  expiresAt: string | undefined,
): Promise<RoutedMessage[]> {
  const event: SourceEvent = { ...parsed, source: name, tenant };
  const traceId = activeTraceId();
  try {
    return await acceptEvent(client, configuration, event, traceId, { expiresAt });
  } catch (error) {
    const { status, type } = problemOf(error);
    if (status >= 500 && type !== 'internal_error') throw error;
    // It would be shown for good as one that has no place. Its sender, or its consumer, tries again.
    if (isPassingFailure(error)) return notRefused(error);
    log.error({ source: name, err: error }, 'An event failed to become a message');
    const unroutable = { ...event, reason: 'sendproof failed to make a message of this event.' };
    return [await acceptUnroutable(client, configuration, unroutable, traceId).catch(notRefused)];
  }
}

/** A message that can't be accepted, as where its key is taken by something else, is sent again and not answered 4xx. */
function notRefused(error: unknown): never {
  const { message, status } = problemOf(error);
  throw status < 500 ? new Problem('not_accepted', message, { cause: error }) : error;
}
