/** Records that leave no room for a reason beside them: noise as large as SQS takes, which nothing makes shorter. */
import { createHash } from 'node:crypto';
import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { RecordTooLarge } from '../../../src/queues/queue.js';
import { SqsCalls } from '../../../src/queues/sqs/calls.js';
import { readContent, sizeOf } from '../../../src/queues/sqs/content.js';
import { deadLettersOf, readDeadLetter } from '../../../src/queues/sqs/deadLetterAttributes.js';
import { DeadLetterParts } from '../../../src/queues/sqs/deadLetterParts.js';
import { sqsSchema } from '../../../src/queues/sqs/settings.js';
import { SqsQueue } from '../../../src/queues/sqs/sqsQueue.js';
import { eventually } from '../../eventually.js';
import { FakeSqs } from '../../sqs/fakeSqs.js';

const LIMIT = 1024 * 1024;
const REASON = { reason: 'malformed_json', detail: 'Send one JSON object 😀' };

/** Bytes that no compression makes shorter, and the same each time. */
function noise(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 64) }, (_, index) =>
    createHash('sha512').update(String(index)).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

function noisy(size: number): Record<string, MessageAttributeValue> {
  return { bytes: { DataType: 'Binary', BinaryValue: noise(size - 'xbytesBinary'.length) } };
}

function isNoise(attribute: MessageAttributeValue | undefined, size: number): boolean {
  const expected = noisy(size).bytes?.BinaryValue ?? Buffer.alloc(0);
  return Buffer.from(attribute?.BinaryValue ?? []).equals(expected);
}

const messageOf = (written: { MessageBody: string; MessageAttributes: object }, id: string) =>
  ({ ...written, Body: written.MessageBody, MessageId: id }) as Message;

describe('a dead letter in parts', () => {
  it('is what it was, in whichever order its parts come, and however often', () => {
    const record = messageOf({ MessageBody: 'x', MessageAttributes: noisy(20_000) }, 'id');
    const order = fc.array(fc.nat(100), { minLength: 9, maxLength: 30 });
    fc.assert(
      fc.property(fc.integer({ min: 3_500, max: 21_000 }), order, (limitBytes, places) => {
        const parts = deadLettersOf('q', record, REASON, limitBytes);
        for (const part of parts) expect(sizeOf(part)).toBeLessThanOrEqual(limitBytes);
        const stored = parts.map((part, index) => messageOf(part, String(index)));
        const coming = [...places.map((place) => stored[place % stored.length] ?? {}), ...stored];
        const received = new DeadLetterParts();
        const letters = coming.flatMap((part) => received.add([part]));
        expect(letters.length).toBeGreaterThan(0);
        expect(letters.flatMap((letter) => letter.stored).length + received.rest().length).toBe(
          coming.length,
        );
        for (const { message } of letters) {
          const { attributes, body } = readContent(message);
          expect(body.toString()).toBe('x');
          expect(isNoise(attributes.get('bytes'), 20_000)).toBe(true);
          expect(readDeadLetter(message)).toMatchObject({ ...REASON, origin: 'q/id' });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is none where the queue takes next to nothing', () => {
    const record = messageOf({ MessageBody: 'x', MessageAttributes: noisy(LIMIT) }, 'id');
    expect(() => deadLettersOf('q', record, REASON, 1_024)).toThrow(RecordTooLarge);
    expect(() => deadLettersOf('q', record, REASON, 64 * 1024)).toThrow(RecordTooLarge);
  });
});

describe.each(['', '.fifo'])('a queue of SQS (%s)', (ending) => {
  const at = (name: string) => `https://sqs.eu-west-1.amazonaws.com/000000000000/${name}${ending}`;

  it('keeps what is as large as it takes among the dead letters, and replays what has room for that', async () => {
    const settings = sqsSchema.parse({ url: at('queue'), deadLetterUrl: at('dead') });
    const sqs = new FakeSqs([settings.url, settings.deadLetterUrl]);
    const context = { name: 'q', log: pino({ level: 'silent' }), mostInHand: 100 };
    const queue = new SqsQueue(sqs.client, settings, context);
    const calls = new SqsCalls(sqs.client, settings.url);
    for (const size of [LIMIT, LIMIT - 1_000]) {
      const written = { MessageBody: 'x', MessageAttributes: noisy(size) };
      const fifo =
        ending === '' ? undefined : { group: String(size), deduplicationId: String(size) };
      expect(await calls.send([{ written, fifo }])).toEqual([]);
    }
    const handled: number[] = [];
    const consumer = queue.consume(async (record) => {
      await record.moveToDeadLetters(REASON);
      handled.push(record.body.length);
      return 'settled';
    });
    await eventually(() => expect(handled).toHaveLength(2));
    await eventually(() => expect(sqs.bodies(settings.url)).toHaveLength(0));
    await consumer.stop();

    expect(sqs.bodies(settings.deadLetterUrl)).toHaveLength(3);
    expect(await queue.deadLetters(10)).toMatchObject([REASON, REASON]);
    // What a replay adds has no room beside the first one.
    expect(await queue.replayDeadLetters()).toBe(1);
    expect(await queue.deadLetters(10)).toMatchObject([REASON]);
    const [replayed] = await calls.receive({ hiddenForS: 1, waitS: 0 });
    const { bytes } = Object.fromEntries(readContent(replayed ?? {}).attributes);
    expect(isNoise(bytes, LIMIT - 1_000)).toBe(true);
    await queue.close();
  });
});
