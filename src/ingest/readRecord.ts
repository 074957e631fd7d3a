/** From a record of a queue to what is to be accepted: a message, or a request of a source. */
import { acceptSent } from '../acceptance/acceptSent.js';
import { acceptanceBody } from '../api/acceptanceBody.js';
import type { ReceptionContext } from '../api/apiContext.js';
import { callerWithKey } from '../api/caller.js';
import { EVENT_LIMIT_BYTES, receiveEvent } from '../api/eventReception.js';
import { withKeyOfHeader } from '../api/idempotencyKey.js';
import type { Asker } from '../api/findMessage.js';
import {
  contentOf,
  requestOf,
  senderOf,
  SOURCE_HEADER,
  tenantOfRecord,
} from '../api/intakeRecord.js';
import { parseEvent, parseMessage } from '../api/parseMessage.js';
import { assertMayShowUnroutable } from '../api/permissions.js';
import { bodyTooLarge, invalidRequest } from '../api/problem.js';
import { tellingRefusals } from '../api/refusedWrites.js';
import { MESSAGE_LIMIT_BYTES, parseJsonBytes } from '../api/requestBody.js';
import { receiveAuthentic } from '../api/sourceReception.js';
import type { ConfiguredQueue } from '../config/queues.js';
import type { ConfiguredSource } from '../config/sources.js';
import type { Message } from '../domain/message.js';
import { isRecord } from '../lib/isRecord.js';
import { own } from '../lib/own.js';
import { withField } from '../lib/repeatedNames.js';
import type { QueueRecord } from '../queues/queue.js';
import type { SourceRequest } from '../sources/source.js';

/** What became of a record. `unusable`: people were told in a message that nothing could be made of it. */
export type Outcome =
  { outcome: 'accepted' | 'duplicate' | 'nothing' } | { outcome: 'unusable'; detail: string };

export interface ReadRecord {
  /** What it belongs to: it is accepted after all earlier records that share a lane with it. */
  lanes: string[];
  /** What it holds, where it is one message. */
  message?: Message;
  /** Resolves when Temporal has what the record asks for. */
  accept(context: ReceptionContext, traceId: string): Promise<Outcome>;
}

type ReadingQueue = Pick<ConfiguredQueue, 'source' | 'maxAgeMs' | 'tenant'>;

/** @throws a Problem where nothing can ever be made of it */
export function readRecord(
  record: QueueRecord,
  configuredQueue: ReadingQueue,
  sources: readonly ConfiguredSource[],
): ReadRecord {
  const queue = { ...configuredQueue, tenant: tenantOfQueue(configuredQueue, sources) };
  const ordered = record.orderedBy === undefined ? [] : [`record:${record.orderedBy}`];
  const content = contentOf(record, queue.source);
  if (content.kind === 'event') return readEvent(record, queue, ordered);
  if (content.kind === 'message') {
    const message = withinAge(messageOf(record, ownerOf(record, queue)), record, queue);
    const { conversation } = message;
    return {
      lanes: [...ordered, ...(conversation ? [`conversation:${conversation.key}`] : [])],
      message,
      accept: async (context, traceId) => {
        const { writes } = context;
        const acceptance = await tellingRefusals(writes, () =>
          acceptSent(context, message, traceId, { sentBy: senderOf(record) }),
        );
        if (acceptance.outcome === 'accepted') writes.messageAccepted();
        const { duplicate } = acceptanceBody(acceptance, message.deduplicationKey, '');
        return { outcome: duplicate ? 'duplicate' : 'accepted' };
      },
    };
  }
  const configured = sources.find(({ name }) => name === content.source);
  if (!configured) throw new SourceMissing(content.source);
  assertOfTenant(configured, queue);
  const { largestBodyBytes } = configured.type;
  if (record.body.length > largestBodyBytes) throw bodyTooLarge(largestBodyBytes);
  const request = requestOf(record);
  return {
    lanes: [...ordered, ...conversationsOf(request, configured)],
    accept: async (context) => {
      const {
        messages = [],
        outcome,
        reason,
      } = await receiveAuthentic(request, configured, context, {
        expiresAt: expiryOf(record, queue),
      });
      if (outcome === 'unusable') return { outcome, detail: reason ?? '' };
      return { outcome: messages.length > 0 ? 'accepted' : 'nothing' };
    },
  };
}

/** What the API has queued of `POST /v1/events`. */
function readEvent(record: QueueRecord, queue: ReadingQueue, ordered: string[]): ReadRecord {
  const event = parseEvent(parseJsonBytes(record.body, EVENT_LIMIT_BYTES), ownerOf(record, queue));
  const { conversation } = event;
  return {
    lanes: [...ordered, ...(conversation === undefined ? [] : [`conversation:${conversation}`])],
    accept: async (context, traceId) => {
      const sentBy = senderOf(record);
      const sender = context.configuration.keys.find(({ name }) => name === sentBy);
      const routed = await receiveEvent(context, event, traceId, {
        ...{ expiresAt: expiryOf(record, queue), sentBy },
        ...(sender && {
          assertMayShowAt: (place) => assertMayShowUnroutable(callerWithKey(sender), place),
        }),
      });
      return { outcome: routed.every(({ duplicate }) => duplicate) ? 'duplicate' : 'accepted' };
    },
  };
}

/** The configuration was changed since the process began, so that a queue's source is no longer there. */
export class SourceMissing extends Error {
  override readonly name = 'SourceMissing';

  constructor(source: string) {
    super(`The configuration has no source ${source} any more. Add it, or correct the queue.`);
  }
}

/** Whose all of its records are; undefined where each of them says that. */
function tenantOfQueue(
  { source, tenant }: ReadingQueue,
  sources: readonly ConfiguredSource[],
): string | undefined {
  return tenant ?? sources.find(({ name }) => name === source)?.tenant;
}

/** Who may write to the queue of a tenant chooses the headers of its records, and with them a source. */
function assertOfTenant({ tenant }: ConfiguredSource, queue: ReadingQueue): void {
  if (queue.tenant === undefined || queue.tenant === tenant) return;
  throw invalidRequest([
    { field: SOURCE_HEADER, detail: 'the header names a source that is not of the queue’s tenant' },
  ]);
}

/** Whose it is: the queue's tenant, else the one that the record names. */
function ownerOf(record: QueueRecord, { tenant }: ReadingQueue): Asker {
  return { tenant: tenant ?? tenantOfRecord(record) };
}

/** The body as `POST /v1/messages` takes it. Without a key in it or in the header, the record's place in the queue is its key. */
function messageOf({ body, headers, id }: QueueRecord, owner: Asker): Message {
  const header = headers['idempotency-key'];
  const keyed = withKeyOfHeader(
    parseJsonBytes(body, MESSAGE_LIMIT_BYTES),
    header === undefined || header.trim() === '' ? undefined : header,
    'deduplicationKey',
  );
  const isWithoutKey = isRecord(keyed) && own(keyed, 'deduplicationKey') === undefined;
  return parseMessage(isWithoutKey ? withField(keyed, 'deduplicationKey', id) : keyed, owner);
}

/** What was asked for already holds where it is earlier. */
function withinAge(message: Message, record: QueueRecord, queue: ReadingQueue): Message {
  const latest = expiryOf(record, queue, message.deliverAt);
  if (latest === undefined) return message;
  const { expiresAt = latest } = message;
  return { ...message, expiresAt: Date.parse(expiresAt) < Date.parse(latest) ? expiresAt : latest };
}

/** Counted from when it is due, for a message that is to wait. */
function expiryOf(
  { sentAt }: QueueRecord,
  { maxAgeMs }: ReadingQueue,
  deliverAt?: string,
): string | undefined {
  if (maxAgeMs === undefined) return undefined;
  const from = Math.max(sentAt.getTime(), deliverAt === undefined ? 0 : Date.parse(deliverAt));
  return new Date(from + maxAgeMs).toISOString();
}

/** Of all events of the request. What can't be read belongs to none, and is refused when it is accepted. */
function conversationsOf(request: SourceRequest, { source }: ConfiguredSource): string[] {
  try {
    if (source.identify(request).kind !== 'events') return [];
    return source
      .parse(request)
      .flatMap(({ conversation }) =>
        conversation === undefined ? [] : [`conversation:${conversation}`],
      );
  } catch {
    return [];
  }
}
