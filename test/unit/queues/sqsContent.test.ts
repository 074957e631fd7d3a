import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import { RecordTooLarge } from '../../../src/queues/queue.js';
import {
  headersOf,
  readContent,
  sizeOf,
  textAttribute,
  writeContent,
  type Written,
} from '../../../src/queues/sqs/content.js';
import {
  deadLetterOf,
  identityOf,
  readDeadLetter,
  replayOf,
} from '../../../src/queues/sqs/deadLetterAttributes.js';

const LIMIT = 1024 * 1024;

function binary(bytes: Buffer | string): MessageAttributeValue {
  return { DataType: 'Binary', BinaryValue: Buffer.from(bytes) };
}

const TAKEN = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u;
const NAME = /^(?!aws\.|amazon\.|\.)(?!.*\.(?:\.|$))[A-Za-z0-9_.-]{1,256}$/i;

/** What SQS would say of it. */
function expectTaken({ MessageAttributes, MessageBody }: Written): void {
  expect(MessageBody).toMatch(TAKEN);
  const entries = Object.entries(MessageAttributes);
  expect(entries.length).toBeLessThanOrEqual(10);
  for (const [name, { BinaryValue, DataType, StringValue }] of entries) {
    expect(name).toMatch(NAME);
    if (DataType?.startsWith('Binary')) expect(BinaryValue?.length).toBeGreaterThan(0);
    else expect(StringValue).toMatch(TAKEN);
  }
}

const attribute = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map(textAttribute),
  fc.string({ minLength: 1, maxLength: 20 }).map(textAttribute),
  fc
    .uint8Array({ maxLength: 20 })
    .map((BinaryValue): MessageAttributeValue => ({ DataType: 'Binary', BinaryValue })),
);
const name = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'traceparent',
    '.x',
    'a..b',
    'AWS.x',
    'x y',
    'ümlaut',
  ),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/),
);
const content = fc.record({
  attributes: fc
    .dictionary(name, attribute, { maxKeys: 25 })
    .map((all) => new Map(Object.entries(all))),
  body: fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: 'binary', maxLength: 100 }).map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(text)),
  ),
});

/** As SQS hands it out. */
function received({ MessageAttributes, MessageBody }: Written, id = 'm-1'): Message {
  return {
    MessageId: id,
    Body: MessageBody,
    MessageAttributes,
    Attributes: {
      ApproximateReceiveCount: '2',
      SentTimestamp: '1700000000000',
      MessageGroupId: 'g',
    },
  };
}

describe('what is written to SQS', () => {
  it('is taken by SQS and read as it was, whatever it is', () => {
    fc.assert(
      fc.property(content, ({ attributes, body }) => {
        const written = writeContent({ attributes, body }, new Map(), LIMIT);
        expectTaken(written);
        const read = readContent(received(written));
        expect(read.body.equals(body)).toBe(true);
        expect(headersOf(read.attributes)).toEqual(headersOf(attributes));
      }),
    );
  });

  it('survives the dead letters and a replay, with its identity', () => {
    fc.assert(
      fc.property(content, fc.string({ unit: 'binary' }), ({ attributes, body }, detail) => {
        const first = received(writeContent({ attributes, body }, new Map(), LIMIT));
        const reason = { reason: 'invalid_request', detail };
        const dead = deadLetterOf('q', first, reason, LIMIT);
        expectTaken(dead);
        const letter = received(dead, 'm-2');
        expect(readDeadLetter(letter)).toMatchObject({ ...reason, origin: 'q/m-1', replays: 0 });
        const replay = replayOf('q', letter, LIMIT);
        expectTaken(replay.written);
        expect(replay).toMatchObject({ record: 'q/m-1', replays: 1, group: 'g' });
        const again = received(replay.written, 'm-3');
        expect(identityOf('q', again)).toBe('q/m-1');
        const read = readContent(again);
        expect(read.body.equals(body)).toBe(true);
        expect(headersOf(read.attributes)).toMatchObject(headersOf(attributes));
        const deadAgain = received(deadLetterOf('q', again, reason, LIMIT), 'm-4');
        expect(readDeadLetter(deadAgain)).toMatchObject({ origin: 'q/m-3', replays: 1 });
        expect(replayOf('q', deadAgain, LIMIT)).toMatchObject({ record: 'q/m-1', replays: 2 });
      }),
    );
  });

  it('is compressed where it has more bytes than the queue takes, and refused where that is not enough', () => {
    const large = { attributes: new Map(), body: Buffer.from('x'.repeat(LIMIT + 1)) };
    const written = writeContent(large, new Map(), LIMIT);
    expect(sizeOf(written)).toBeLessThan(LIMIT);
    expect(readContent(received(written)).body.equals(large.body)).toBe(true);
    const noise = Buffer.from(
      Array.from({ length: 3_000 }, (_, index) => (index * index * 7919) % 251),
    );
    expect(() => writeContent({ attributes: new Map(), body: noise }, new Map(), 100)).toThrow(
      RecordTooLarge,
    );
  });

  it('has a dead letter that SQS takes, also where the record had as many bytes as SQS takes', () => {
    const letters =
      'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_.,:;!?{}[]()<>=*&%$';
    // A queue's MaximumMessageSize.
    const limitBytes = 64 * 1024;
    let seed = 7;
    const random = (below: number) => (seed = (seed * 16_807) % 2_147_483_647) % below;
    // What compresses worst: text without any order.
    const noise = (length: number) =>
      Array.from({ length }, () => letters[random(letters.length)]).join('');
    const bytes = (length: number) => Uint8Array.from({ length }, () => random(256));
    const records: [string, Message['MessageAttributes']][] = [
      [noise(limitBytes), {}],
      [
        noise(limitBytes - 2_000),
        Object.fromEntries(
          Array.from({ length: 10 }, (_, index) => [`a${index}`, textAttribute(noise(150))]),
        ),
      ],
      [
        noise(limitBytes - 31_000),
        { binary: { DataType: 'Binary', BinaryValue: bytes(30_000) }, text: textAttribute('😀') },
      ],
    ];
    const reason = { reason: 'body_too_large', detail: 'x'.repeat(2_500) };
    for (const [Body, MessageAttributes] of records) {
      const first = {
        ...received({ MessageBody: Body, MessageAttributes: MessageAttributes ?? {} }),
      };
      const dead = deadLetterOf('q', first, reason, limitBytes);
      expectTaken(dead);
      expect(sizeOf(dead)).toBeLessThanOrEqual(limitBytes);
      const letter = received(dead, 'm-2');
      expect(readDeadLetter(letter)).toMatchObject({ reason: 'body_too_large', origin: 'q/m-1' });
      const replay = replayOf('q', letter, limitBytes);
      expectTaken(replay.written);
      expect(sizeOf(replay.written)).toBeLessThanOrEqual(limitBytes);
      const again = readContent(received(replay.written, 'm-3'));
      expect(again.body.toString() === Body).toBe(true);
      expect(headersOf(again.attributes)).toMatchObject(
        headersOf(new Map(Object.entries(MessageAttributes ?? {}))),
      );
      expect(identityOf('q', received(replay.written, 'm-3'))).toBe('q/m-1');
    }
  });

  it.each([
    ['no attributes', {}],
    ['a pack that is no JSON', { 'sendproof-attributes': textAttribute('[') }],
    [
      'a pack of something else',
      { 'sendproof-attributes': textAttribute('[1,["a"],["a",1,2],{}]') },
    ],
    ['an encoding that it has not', { 'sendproof-encoding': textAttribute('gzip') }],
    ['a content that is not compressed', { 'sendproof-content': binary('x') }],
    ['a content that is too short', { 'sendproof-content': binary(gzipSync('x')) }],
    ['a content that ends too early', { 'sendproof-content': binary(gzipSync('zzzz[]')) }],
    ['a content as text', { 'sendproof-content': textAttribute('x') }],
    ['a replay that is no JSON', { 'sendproof-replay': textAttribute('nope') }],
    [
      'a replay of something else',
      { 'sendproof-replay': textAttribute('{"record":{},"replays":"x"}') },
    ],
    ['an identity that is no key', { 'sendproof-replay': textAttribute('{"record":"a b"}') }],
  ])('reads %s', (_, MessageAttributes) => {
    const message = { MessageId: 'm', Body: 'text', MessageAttributes };
    expect(readContent(message).body.toString()).toBe('text');
    expect(identityOf('q', message)).toBe('q/m');
    expect(readDeadLetter(message)).toMatchObject({ reason: 'unknown', replays: 0 });
  });

  it('says of a record that SQS has moved that SQS has moved it', () => {
    const letter = readDeadLetter({
      MessageId: 'm',
      Body: 'text',
      Attributes: { DeadLetterQueueSourceArn: 'arn:aws:sqs:eu-west-1:000000000000:q' },
    });
    expect(letter.reason).toBe('received_too_often');
  });
});
