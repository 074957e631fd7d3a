/**
 * How headers and bytes are written to SQS, which takes text of most characters, and ten attributes
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html). What doesn't fit is packed.
 */
import { isUtf8 } from 'node:buffer';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import { RecordTooLarge } from '../queue.js';

/** By name, as their senders write it. */
export type Attributes = ReadonlyMap<string, MessageAttributeValue>;

/** What a message of SQS says. */
export interface Content {
  attributes: Attributes;
  body: Buffer;
}

/** What is sent. */
export interface Written {
  MessageBody: string;
  MessageAttributes: Record<string, MessageAttributeValue>;
}

const PACKED = 'sendproof-attributes';
const ENCODING = 'sendproof-encoding';
/** All of it, compressed: what needs the fewest bytes, and can't be read by eye. */
const WHOLE = 'sendproof-content';
const SEE_WHOLE = `The content is in the attribute ${WHOLE}.`;
/** Of the length of the attributes, before them in `WHOLE`. */
const LENGTH_BYTES = 4;
const GZIP = 'gzip';

const MOST_ATTRIBUTES = 10;

/** Of one dead letter: a record has at most 1 MiB, and queues may take less. */
export const MOST_PARTS = 9;

/** SQS takes 1 MiB. Anybody may have written what is read. */
const LARGEST_BODY_BYTES = 32 * 1024 * 1024;

export function textAttribute(text: string): MessageAttributeValue {
  return { DataType: 'String', StringValue: text };
}

export function readContent({ Body = '', MessageAttributes = {} }: Message): Content {
  const given = new Map(Object.entries(MessageAttributes));
  const whole = readWhole(given);
  if (whole) return whole;
  const packed = given.get(PACKED)?.StringValue;
  const attributes = packed === undefined ? given : new Map([...given, ...unpack(packed)]);
  const isZipped = attributes.get(ENCODING)?.StringValue === GZIP;
  attributes.delete(PACKED);
  attributes.delete(ENCODING);
  const unzipped = isZipped ? unzip(Buffer.from(Body, 'base64')) : undefined;
  return { attributes, body: unzipped ?? Buffer.from(Body, 'utf8') };
}

/**
 * @param ours attributes that are always written as such
 * @throws RecordTooLarge where it has more bytes than the queue takes, even compressed
 */
export function writeContent(content: Content, ours: Attributes, limitBytes: number): Written {
  const plain = plainText(content.body);
  const written = plain === undefined ? undefined : write(plain, content.attributes, ours);
  if (written && sizeOf(written) <= limitBytes) return written;
  const zipped = write(gzipSync(content.body).toString('base64'), content.attributes, [
    ...ours,
    [ENCODING, textAttribute(GZIP)],
  ]);
  if (sizeOf(zipped) <= limitBytes) return zipped;
  const whole = writeWhole(content, ours);
  if (sizeOf(whole) <= limitBytes) return whole;
  throw new RecordTooLarge(limitBytes);
}

function write(
  body: string,
  attributes: Attributes,
  ours: Iterable<[string, MessageAttributeValue]>,
): Written {
  const always = [...ours];
  return {
    MessageBody: body,
    MessageAttributes: Object.fromEntries([
      ...always,
      ...pack(attributes, MOST_ATTRIBUTES - always.length),
    ]),
  };
}

/**
 * Binary attributes are stored as they are, so this is smaller than what it is made of, unless that was noise: a record that was as
 * large as SQS takes has room for the attributes of a dead letter.
 */
function writeWhole(content: Content, ours: Attributes): Written {
  return withWhole(zippedWhole(content), ours);
}

function zippedWhole({ attributes, body }: Content): Buffer {
  const packed = Buffer.from(JSON.stringify(entriesOf(attributes)));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(packed.length);
  return gzipSync(Buffer.concat([length, packed, body]));
}

function withWhole(BinaryValue: Buffer, ours: Attributes): Written {
  return {
    MessageBody: SEE_WHOLE,
    MessageAttributes: Object.fromEntries([
      ...ours,
      [WHOLE, { DataType: 'Binary', BinaryValue }] as [string, MessageAttributeValue],
    ]),
  };
}

/**
 * In several messages, each with these attributes of ours: noise that is as large as SQS takes has no room for them.
 *
 * @param part the attribute that says which one it is of how many
 * @throws RecordTooLarge where they would be very many
 */
export function writeParts(
  content: Content,
  ours: Attributes,
  limitBytes: number,
  part: (index: number, count: number) => [string, MessageAttributeValue],
): Written[] {
  const bytes = zippedWhole(content);
  const written = (index: number, count: number, from: number, to: number) =>
    withWhole(bytes.subarray(from, to), new Map([...ours, part(index, count)]));
  const room = limitBytes - sizeOf(written(MOST_PARTS - 1, MOST_PARTS, 0, 0));
  const count = room > 0 ? Math.ceil(bytes.length / room) : Infinity;
  if (count > MOST_PARTS) throw new RecordTooLarge(limitBytes);
  return Array.from({ length: count }, (_, index) =>
    written(index, count, index * room, (index + 1) * room),
  );
}

/** What was written in parts, as if it was one message. */
export function joinParts(parts: readonly Message[]): Message {
  const [first = {}] = parts;
  const BinaryValue = Buffer.concat(
    parts.map(
      ({ MessageAttributes }) => MessageAttributes?.[WHOLE]?.BinaryValue ?? Buffer.alloc(0),
    ),
  );
  const MessageAttributes = {
    ...first.MessageAttributes,
    [WHOLE]: { DataType: 'Binary', BinaryValue },
  };
  return { ...first, MessageAttributes };
}

/** Undefined where it was not written so. Anybody may have written the attribute. */
function readWhole(given: Map<string, MessageAttributeValue>): Content | undefined {
  const bytes = unzip(given.get(WHOLE)?.BinaryValue);
  if (!bytes || bytes.length < LENGTH_BYTES) return undefined;
  const bodyFrom = LENGTH_BYTES + bytes.readUInt32BE();
  if (bodyFrom > bytes.length) return undefined;
  const attributes = unpack(bytes.toString('utf8', LENGTH_BYTES, bodyFrom));
  const others = [...given].filter(([name]) => name !== WHOLE);
  return { attributes: new Map([...others, ...attributes]), body: bytes.subarray(bodyFrom) };
}

/** Of the body and all attributes: what SQS limits. */
export function sizeOf({ MessageAttributes, MessageBody }: Written): number {
  return Object.entries(MessageAttributes).reduce(
    (sum, [name, { BinaryValue, DataType = '', StringValue = '' }]) =>
      sum +
      Buffer.byteLength(name) +
      DataType.length +
      Buffer.byteLength(StringValue) +
      (BinaryValue?.length ?? 0),
    Buffer.byteLength(MessageBody),
  );
}

/** Characters that SQS takes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const TAKEN = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u;

/** The bytes as text that SQS takes; undefined where they aren’t. */
export function plainText(body: Buffer): string | undefined {
  if (!isUtf8(body)) return undefined;
  const text = body.toString('utf8');
  return TAKEN.test(text) ? text : undefined;
}

/** Names that begin as AWS's own are reserved. */
const NAME = /^(?!aws\.|amazon\.|\.)(?!.*\.(?:\.|$))[A-Za-z0-9_.-]{1,256}$/i;

function isTaken(name: string, { BinaryValue, DataType, StringValue }: MessageAttributeValue) {
  if (!NAME.test(name)) return false;
  return DataType?.startsWith('Binary')
    ? (BinaryValue?.length ?? 0) > 0
    : TAKEN.test(StringValue ?? '');
}

function pack(attributes: Attributes, room: number): [string, MessageAttributeValue][] {
  const all = [...attributes];
  const plain = all.filter(([name, value]) => isTaken(name, value));
  if (plain.length === all.length && all.length <= room) return all;
  const kept = plain.slice(0, room - 1);
  const names = new Set(kept.map(([name]) => name));
  const packed = entriesOf(all.filter(([name]) => !names.has(name)));
  return [...kept, [PACKED, textAttribute(escapedJson(packed))]];
}

function entriesOf(attributes: Iterable<[string, MessageAttributeValue]>): string[][] {
  return [...attributes].map(([name, { BinaryValue, DataType = 'String', StringValue = '' }]) => [
    name,
    DataType,
    BinaryValue === undefined ? StringValue : Buffer.from(BinaryValue).toString('base64'),
  ]);
}

/** JSON escapes all other characters that SQS doesn't take. */
function escapedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\ufffe\uffff]/g, (character) =>
    character === '\ufffe' ? '\\ufffe' : '\\uffff',
  );
}

function unpack(text: string): [string, MessageAttributeValue][] {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown): [string, MessageAttributeValue][] => {
    if (!Array.isArray(entry) || !entry.every((each) => typeof each === 'string')) return [];
    const [name = '', type = 'String', value = ''] = entry;
    return type.startsWith('Binary')
      ? [[name, { DataType: type, BinaryValue: Buffer.from(value, 'base64') }]]
      : [[name, { DataType: type, StringValue: value }]];
  });
}

function unzip(bytes: Uint8Array | undefined): Buffer | undefined {
  if (bytes === undefined) return undefined;
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST_BODY_BYTES });
  } catch {
    return undefined;
  }
}

/** Lower-case names. Binary values are read as UTF-8. */
export function headersOf(attributes: Attributes): Record<string, string | undefined> {
  const headers = new Map<string, string>();
  for (const [given, { BinaryValue, StringValue }] of attributes) {
    const name = given.toLowerCase();
    const value =
      BinaryValue === undefined ? (StringValue ?? '') : Buffer.from(BinaryValue).toString('utf8');
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(headers);
}
