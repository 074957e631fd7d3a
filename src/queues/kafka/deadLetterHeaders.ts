/** How a record is written to the topic of dead letters: as it came, with its reason and origin in headers. */
import { shortenText } from '../../lib/cutText.js';
import type { DeadLetterReason, DeadLetterRecord } from '../queue.js';
import type { KafkaMessage, ProducedMessage } from './client.js';
import { sizeOf } from './requests.js';
import { sentAtOf } from './sentAt.js';

const OURS = 'sendproof-';

/** The identity of a record that was replayed: its place in the topic when it came first. */
const RECORD = `${OURS}record`;
const REPLAYS = `${OURS}replays`;
const REASON = `${OURS}reason`;
const DETAIL = `${OURS}detail`;
const TOPIC = `${OURS}topic`;
const PARTITION = `${OURS}partition`;
const OFFSET = `${OURS}offset`;
const SENT_AT = `${OURS}sent-at`;
const DEAD_AT = `${OURS}dead-at`;
/** Of a reference: that the bytes are only where the record came from, and how many they are. */
const CONTENT = `${OURS}content`;
const AT_ORIGIN = 'at-origin';
const SIZE = `${OURS}size`;

const WRITTEN = new Set([
  RECORD,
  REPLAYS,
  REASON,
  DETAIL,
  TOPIC,
  PARTITION,
  OFFSET,
  SENT_AT,
  DEAD_AT,
  CONTENT,
  SIZE,
]);

const LONGEST_DETAIL = 2_000;

/** Of the key and the headers that a reference repeats for people. */
const MOST_REPEATED_BYTES = 16 * 1024;

type Headers = KafkaMessage['headers'];

function textOf(headers: Headers, name: string): string | undefined {
  return headers.findLast(([each]) => each === name)?.[1].toString('utf8');
}

/** Without what is written here. What the API has added when it put the record into its queue says what the record is. */
function withoutOurs(headers: Headers): Headers {
  return headers.filter(([name]) => !WRITTEN.has(name));
}

/** The same for each redelivery and each replay, and different for every other record. */
export function identityOf(topic: string, partition: number, message: KafkaMessage): string {
  const replayed = textOf(message.headers, RECORD);
  // Anybody may have written the header.
  if (replayed !== undefined && /^[\x21-\x7e]{1,400}$/.test(replayed)) return replayed;
  // Its time is not known either.
  if (message.unreadable !== undefined) return unreadIdentityOf(topic, partition, message);
  // With the time, since a topic that is made anew begins with the same offsets.
  return `${topic}/${partition}/${message.offset}@${message.timestampMs}`;
}

/** Of a record that could not be read, and perhaps can be now. */
export function unreadIdentityOf(
  topic: string,
  partition: number,
  { offset }: Pick<KafkaMessage, 'offset'>,
): string {
  return `${topic}/${partition}/${offset}@unread`;
}

export function replaysOf({ headers }: Pick<KafkaMessage, 'headers'>): number {
  const replays = Number(textOf(headers, REPLAYS));
  return Number.isSafeInteger(replays) && replays > 0 ? replays : 0;
}

/** The dead letter of a record. */
export function deadLetterOf(
  topic: string,
  partition: number,
  message: KafkaMessage,
  { detail, reason }: DeadLetterReason,
): ProducedMessage {
  return {
    key: message.key,
    value: message.value,
    headers: [
      ...withoutOurs(message.headers),
      [REASON, reason],
      [DETAIL, shortenText(detail, LONGEST_DETAIL)],
      [RECORD, identityOf(topic, partition, message)],
      [TOPIC, topic],
      [PARTITION, String(partition)],
      [OFFSET, String(message.offset)],
      [SENT_AT, sentAtOf(message).toISOString()],
      [DEAD_AT, new Date().toISOString()],
      [REPLAYS, String(replaysOf(message))],
    ],
  };
}

/** The dead letter of a record that is too large for the topic of dead letters, or can't be read: its bytes stay at the origin. */
export function referenceOf(
  topic: string,
  partition: number,
  message: KafkaMessage,
  reason: DeadLetterReason,
): ProducedMessage {
  const size = message.value?.length;
  const isLarge = sizeOf({ ...message, value: undefined }) > MOST_REPEATED_BYTES;
  const repeated = isLarge ? { ...message, key: undefined, headers: [] } : message;
  const { headers, key } = deadLetterOf(topic, partition, repeated, reason);
  const identity = identityOf(topic, partition, message);
  const replays = String(replaysOf(message));
  return {
    key,
    value: Buffer.from(`${size ?? 'Unread'} bytes, which are only in the topic ${topic}`),
    headers: [
      ...headers.filter(([name]) => name !== RECORD && name !== REPLAYS),
      [RECORD, identity],
      [REPLAYS, replays],
      [CONTENT, AT_ORIGIN],
      ...(size === undefined ? [] : [[SIZE, String(size)] as [string, string]]),
    ],
  };
}

/** The place of the bytes that a reference stands for, and the identity of their record. */
export interface Origin {
  topic: string;
  partition: number;
  offset: bigint;
  record: string;
}

/** Undefined for a dead letter that has its bytes itself. */
export function originOf({ headers }: Pick<KafkaMessage, 'headers'>): Origin | undefined {
  const text = (name: string) => textOf(headers, name) ?? '';
  if (text(CONTENT) !== AT_ORIGIN) return undefined;
  return {
    topic: text(TOPIC),
    // Anybody may have written them.
    partition: /^\d{1,9}$/.test(text(PARTITION)) ? Number(text(PARTITION)) : -1,
    offset: /^\d{1,19}$/.test(text(OFFSET)) ? BigInt(text(OFFSET)) : -1n,
    record: text(RECORD),
  };
}

/**
 * The record of a dead letter as it came, to be sent to its topic again.
 *
 * @param record what has the bytes: the dead letter itself, or what its reference stands for
 */
export function replayOf(letter: KafkaMessage, record = letter): ProducedMessage {
  const identity = textOf(letter.headers, RECORD);
  return {
    key: record.key,
    value: record.value,
    headers: [
      ...withoutOurs(record.headers),
      ...(identity === undefined ? [] : [[RECORD, identity] as [string, string]]),
      [REPLAYS, String(replaysOf(letter) + 1)],
    ],
  };
}

/** The same dead letter once more, which could not be replayed. */
export function stayingOf(letter: KafkaMessage, why: string): ProducedMessage {
  const before = textOf(letter.headers, DETAIL) ?? '';
  const detail = before.startsWith(why) ? before : `${why} ${before}`.trimEnd();
  return {
    key: letter.key,
    value: letter.value,
    headers: [
      ...letter.headers.filter(([name]) => name !== DETAIL),
      [DETAIL, shortenText(detail, LONGEST_DETAIL)],
    ],
  };
}

/** For people. What somebody else wrote to the topic has no reason. */
export function readDeadLetter(
  topic: string,
  partition: number,
  message: KafkaMessage,
): DeadLetterRecord {
  const text = (name: string) => textOf(message.headers, name);
  const writtenAt = sentAtOf(message);
  const origin = `${text(TOPIC) ?? '?'}/${text(PARTITION) ?? '?'}/${text(OFFSET) ?? '?'}`;
  return {
    id: `${topic}/${partition}/${message.offset}`,
    origin,
    reason: text(REASON) ?? 'unknown',
    detail: [message.unreadable ?? text(DETAIL) ?? '', originOf(message) && bytesElsewhere(message)]
      .filter(Boolean)
      .join(' '),
    sentAt: timeOf(text(SENT_AT), writtenAt),
    deadAt: timeOf(text(DEAD_AT), writtenAt),
    replays: replaysOf(message),
    sizeBytes: originOf(message) ? Number(text(SIZE)) || 0 : (message.value?.length ?? 0),
  };
}

function bytesElsewhere({ headers }: KafkaMessage): string {
  const where = 'the bytes are only where the record came from, as long as that topic keeps them.';
  const isUnread = textOf(headers, SIZE) === undefined;
  return isUnread
    ? `Until it can be read, ${where}`
    : `The topic of dead letters takes no record of this size: ${where}`;
}

function timeOf(text: string | undefined, otherwise: Date): Date {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? otherwise : new Date(time);
}
