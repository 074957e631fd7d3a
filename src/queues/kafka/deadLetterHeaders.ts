/** How a record is written to the topic of dead letters: as it came, with its reason and origin in headers. */
import { shortenText } from '../../lib/cutText.js';
import type { DeadLetterReason, DeadLetterRecord } from '../queue.js';
import type { KafkaMessage, ProducedMessage } from './client.js';
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
]);

const LONGEST_DETAIL = 2_000;

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
  // With the time, since a topic that is made anew begins with the same offsets.
  return `${topic}/${partition}/${message.offset}@${message.timestampMs}`;
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

/** The record of a dead letter as it came, to be sent to its topic again. */
export function replayOf(message: KafkaMessage): ProducedMessage {
  const identity = textOf(message.headers, RECORD);
  return {
    key: message.key,
    value: message.value,
    headers: [
      ...withoutOurs(message.headers),
      ...(identity === undefined ? [] : [[RECORD, identity] as [string, string]]),
      [REPLAYS, String(replaysOf(message) + 1)],
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
    detail: text(DETAIL) ?? '',
    sentAt: timeOf(text(SENT_AT), writtenAt),
    deadAt: timeOf(text(DEAD_AT), writtenAt),
    replays: replaysOf(message),
    sizeBytes: message.value?.length ?? 0,
  };
}

function timeOf(text: string | undefined, otherwise: Date): Date {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? otherwise : new Date(time);
}
