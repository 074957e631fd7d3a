/** Dead letters of SQS that come again before the last of them is read, as they do where there are very many. */
import { randomBytes } from 'node:crypto';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { sqsSchema } from '../../../src/queues/sqs/settings.js';
import { SqsQueue } from '../../../src/queues/sqs/sqsQueue.js';
import { FakeSqs } from '../../sqs/fakeSqs.js';

const at = (name: string) => `https://sqs.eu-west-1.amazonaws.com/000000000000/${name}`;
const settings = sqsSchema.parse({ url: at('queue'), deadLetterUrl: at('dead') });
const context = { name: 'q', log: pino({ level: 'silent' }), mostInHand: 100 };
const LETTERS = 120;
const MORE_THAN_ALL = 10 * LETTERS;

describe('many dead letters of SQS', () => {
  let sqs: FakeSqs;
  let queue: SqsQueue;
  const idsOf = (listed: readonly { origin: string }[]) => listed.map(({ origin }) => origin);

  beforeEach(async () => {
    sqs = new FakeSqs([settings.url, settings.deadLetterUrl]);
    queue = new SqsQueue(sqs.client, settings, context);
    const records = Array.from({ length: LETTERS }, (_, index) => ({
      headers: {},
      body: Buffer.from(`record ${index}`),
    }));
    await queue.send(records);
    const consumer = queue.consume(async (record) => {
      await record.moveToDeadLetters({ reason: 'invalid_request', detail: 'no' });
      return 'settled';
    });
    await expect.poll(() => sqs.bodies(settings.url).length, { timeout: 10_000 }).toBe(0);
    await consumer.stop();
  });

  it('are listed once each, and given back, although they come again meanwhile', async () => {
    sqs.longestHiddenMs = 10;
    sqs.prefersNew = true;
    const listed = idsOf(await queue.deadLetters(MORE_THAN_ALL));
    expect(new Set(listed).size).toBe(LETTERS);
    expect(listed).toHaveLength(LETTERS);
  });

  it('are listed to an end where those that come again are in the way of others', async () => {
    sqs.longestHiddenMs = 5;
    const listed = idsOf(await queue.deadLetters(MORE_THAN_ALL));
    expect(new Set(listed).size).toBe(listed.length);
  });

  it('can be received by others at once when they are listed', async () => {
    expect(await queue.deadLetters(MORE_THAN_ALL)).toHaveLength(LETTERS);
    expect(sqs.visible(settings.deadLetterUrl)).toBe(LETTERS);
  });

  it('are replayed once each, beside one that the queue takes no more and that comes again', async () => {
    // It can't be compressed, and a replay adds some bytes.
    const incompressible = { DataType: 'Binary', BinaryValue: randomBytes(1024 * 1024 - 10) };
    const tooLarge = { Id: '0', MessageBody: 'x', MessageAttributes: { x: incompressible } };
    await sqs.client.send(
      new SendMessageBatchCommand({ QueueUrl: settings.deadLetterUrl, Entries: [tooLarge] }),
    );
    sqs.longestHiddenMs = 10;
    sqs.prefersNew = true;
    const replayed = await queue.replayDeadLetters();
    expect(replayed).toBe(LETTERS);
    expect(sqs.bodies(settings.url).toSorted()).toEqual(
      Array.from({ length: LETTERS }, (_, index) => `record ${index}`).toSorted(),
    );
    expect(sqs.bodies(settings.deadLetterUrl)).toHaveLength(1);
  });
});
