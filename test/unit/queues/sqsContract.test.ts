import { describe } from 'vitest';
import { pino } from 'pino';
import { SqsQueue } from '../../../src/queues/sqs/sqsQueue.js';
import { sqsSchema } from '../../../src/queues/sqs/settings.js';
import { FakeSqs } from '../../sqs/fakeSqs.js';
import { queueContract, type QueueUnderTest } from '../../queueContract.js';

const context = { name: 'q', log: pino({ level: 'silent' }), mostInHand: 100 };

function open(ending: '' | '.fifo'): Promise<QueueUnderTest> {
  const at = (name: string) => `https://sqs.eu-west-1.amazonaws.com/000000000000/${name}${ending}`;
  const settings = sqsSchema.parse({ url: at('queue'), deadLetterUrl: at('dead') });
  const sqs = new FakeSqs([settings.url, settings.deadLetterUrl]);
  const missing = new FakeSqs([]);
  const queueAt = (fake: FakeSqs) => Promise.resolve(new SqsQueue(fake.client, settings, context));
  return Promise.resolve({
    queue: new SqsQueue(sqs.client, settings, context),
    another: () => queueAt(sqs),
    missing: () => queueAt(missing),
    close: () => Promise.resolve(),
  });
}

describe('SQS as a queue', () => {
  describe('standard', () => queueContract(() => open(''), { quickMs: 50 }));
  describe('FIFO', () => queueContract(() => open('.fifo'), { quickMs: 50 }));
});
