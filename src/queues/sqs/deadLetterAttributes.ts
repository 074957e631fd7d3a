/** How a record is written to the dead-letter queue: as it came, with its reason and origin in attributes. */
import type { Message } from '@aws-sdk/client-sqs';
import { shortenText } from '../../lib/cutText.js';
import { isRecord } from '../../lib/isRecord.js';
import { own } from '../../lib/own.js';
import { RecordTooLarge, type DeadLetterReason, type DeadLetterRecord } from '../queue.js';
import {
  MOST_PARTS,
  readContent,
  textAttribute,
  writeContent,
  writeParts,
  type Attributes,
  type Written,
} from './content.js';
import { hashOf } from './sender.js';

const OURS = 'sendproof-';
const REASON = `${OURS}reason`;
const ORIGIN = `${OURS}origin`;
const RECEIVE_COUNT = `${OURS}receive-count`;
/** JSON with what is not worth an attribute of its own: there are ten in all. */
const DEAD_LETTER = `${OURS}dead-letter`;
/** JSON: which record was replayed, and how often. */
const REPLAY = `${OURS}replay`;

/** JSON: which part of a dead letter the message has. */
const PART = `${OURS}part`;

const LONGEST_DETAIL = 2_000;

/** The same for each redelivery and each replay, and different for every other record. */
export function identityOf(queue: string, message: Message): string {
  const { record } = replayIn(readContent(message).attributes);
  return record ?? originOf(queue, message);
}

function originOf(queue: string, { MessageId = '' }: Message): string {
  return `${queue}/${MessageId}`;
}

export function replaysOf(message: Message): number {
  return replayIn(readContent(message).attributes).replays;
}

/**
 * The dead letter of a record: one message, or several parts where it doesn't fit.
 *
 * @throws RecordTooLarge where not even parts fit
 */
export function deadLettersOf(
  queue: string,
  message: Message,
  reason: DeadLetterReason,
  limitBytes: number,
): Written[] {
  try {
    return [deadLetterOf(queue, message, reason, limitBytes)];
  } catch (error) {
    if (!(error instanceof RecordTooLarge)) throw error;
    const { attributes, body } = readContent(message);
    // The same where a write is repeated, and another one after a replay.
    const id = hashOf(`${identityOf(queue, message)} ${replaysOf(message)}`);
    return writeParts(
      { attributes: withoutOurs(attributes), body },
      about(queue, message, reason),
      limitBytes,
      (index, count) => [PART, textAttribute(JSON.stringify({ id, index, count }))],
    );
  }
}

export function deadLetterOf(
  queue: string,
  message: Message,
  reason: DeadLetterReason,
  limitBytes: number,
): Written {
  const { attributes, body } = readContent(message);
  return writeContent(
    { attributes: withoutOurs(attributes), body },
    about(queue, message, reason),
    limitBytes,
  );
}

function about(queue: string, message: Message, { detail, reason }: DeadLetterReason): Attributes {
  const { Attributes: given = {} } = message;
  const facts = {
    detail: shortenText(detail, LONGEST_DETAIL),
    record: identityOf(queue, message),
    group: given.MessageGroupId,
    sentAt: sentAtOf(message).toISOString(),
    deadAt: new Date().toISOString(),
    replays: replaysOf(message),
  };
  return new Map([
    [REASON, textAttribute(reason)],
    [ORIGIN, textAttribute(originOf(queue, message))],
    [RECEIVE_COUNT, { DataType: 'Number', StringValue: given.ApproximateReceiveCount ?? '1' }],
    // The detail may quote what SQS doesn't take.
    [DEAD_LETTER, textAttribute(asciiJson(facts))],
  ]);
}

/** Which part of a dead letter the message is; undefined for one that is whole. Anybody may have written it. */
export function partOf({ MessageAttributes = {} }: Message): Part | undefined {
  const part = jsonIn(new Map(Object.entries(MessageAttributes)), PART);
  const [id, index, count] = [
    own(part, 'id'),
    Number(own(part, 'index')),
    Number(own(part, 'count')),
  ];
  const isPart =
    typeof id === 'string' &&
    Number.isSafeInteger(index) &&
    index >= 0 &&
    index < count &&
    count <= MOST_PARTS;
  return isPart ? { id, index, count } : undefined;
}

export interface Part {
  id: string;
  /** From 0 on. */
  index: number;
  count: number;
}

/** A dead letter as it goes to its queue again. */
export interface Replay {
  written: Written;
  record: string;
  replays: number;
  /** Where the queue has an order: what was ordered by this. */
  group: string | undefined;
}

export function replayOf(queue: string, message: Message, limitBytes: number): Replay {
  const { attributes, body } = readContent(message);
  const { group, record = originOf(queue, message), replays } = deadLetterIn(attributes);
  const again = { record, replays: replays + 1 };
  const ours = new Map([[REPLAY, textAttribute(asciiJson(again))]]);
  return {
    written: writeContent({ attributes: withoutOurs(attributes), body }, ours, limitBytes),
    ...again,
    group: group ?? message.Attributes?.MessageGroupId,
  };
}

/** For people. What SQS has moved, or somebody else has written, has no reason of ours. */
export function readDeadLetter(message: Message): DeadLetterRecord {
  const { attributes, body } = readContent(message);
  const about = deadLetterIn(attributes);
  const { Attributes: given = {}, MessageId = '' } = message;
  const wasMovedBySqs = given.DeadLetterQueueSourceArn !== undefined;
  const sentAt = sentAtOf(message);
  return {
    id: MessageId,
    origin: textIn(attributes, ORIGIN) ?? MessageId,
    reason: textIn(attributes, REASON) ?? (wasMovedBySqs ? 'received_too_often' : 'unknown'),
    detail:
      about.detail ??
      (wasMovedBySqs ? 'SQS has moved it, after as many receipts as the queue allows.' : ''),
    sentAt: about.sentAt ?? sentAt,
    deadAt: about.deadAt ?? sentAt,
    replays: about.replays,
    sizeBytes: body.length,
  };
}

export function sentAtOf({ Attributes: given = {} }: Message): Date {
  const sentMs = Number(given.SentTimestamp);
  return new Date(Number.isSafeInteger(sentMs) && sentMs > 0 ? sentMs : Date.now());
}

function withoutOurs(attributes: Attributes): Attributes {
  const ours = [REASON, ORIGIN, RECEIVE_COUNT, DEAD_LETTER, REPLAY, PART];
  return new Map([...attributes].filter(([name]) => !ours.includes(name)));
}

interface About {
  detail?: string | undefined;
  record?: string | undefined;
  group?: string | undefined;
  sentAt?: Date | undefined;
  deadAt?: Date | undefined;
  replays: number;
}

function deadLetterIn(attributes: Attributes): About {
  const about = jsonIn(attributes, DEAD_LETTER);
  const text = (name: string): string | undefined => {
    const value = own(about, name);
    return typeof value === 'string' ? value : undefined;
  };
  const time = (name: string): Date | undefined => {
    const ms = Date.parse(text(name) ?? '');
    return Number.isNaN(ms) ? undefined : new Date(ms);
  };
  const { replays } = attributes.has(DEAD_LETTER)
    ? { replays: countIn(about) }
    : replayIn(attributes);
  return {
    detail: text('detail'),
    record: visible(text('record')) ?? replayIn(attributes).record,
    group: text('group'),
    sentAt: time('sentAt'),
    deadAt: time('deadAt'),
    replays,
  };
}

function replayIn(attributes: Attributes): { record: string | undefined; replays: number } {
  const replay = jsonIn(attributes, REPLAY);
  const record = own(replay, 'record');
  return {
    record: visible(typeof record === 'string' ? record : undefined),
    replays: countIn(replay),
  };
}

function countIn(value: Record<string, unknown>): number {
  const replays = Number(own(value, 'replays'));
  return Number.isSafeInteger(replays) && replays > 0 ? replays : 0;
}

/** Anybody may have written it. */
function visible(identity: string | undefined): string | undefined {
  return identity !== undefined && /^[\x21-\x7e]{1,400}$/.test(identity) ? identity : undefined;
}

function textIn(attributes: Attributes, name: string): string | undefined {
  return attributes.get(name)?.StringValue;
}

function jsonIn(attributes: Attributes, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(textIn(attributes, name) ?? '{}');
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

/** SQS takes all of ASCII that JSON leaves unescaped. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
