/** The clients of one worker process: what is sent, what a failure is called, and what a target that is away may hold up. */
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { EventTargets } from '../../../src/activities/eventTargets.js';
import type { ConfiguredEventTarget } from '../../../src/config/events.js';
import type { Acknowledgement, AcknowledgementError } from '../../../src/domain/acknowledgement.js';
import { ConfigurationError } from '../../../src/lib/configurationError.js';
import { RecordTooLarge, type OutgoingRecord } from '../../../src/queues/queue.js';
import { SqsCalls } from '../../../src/queues/sqs/calls.js';
import { SqsSender } from '../../../src/queues/sqs/sender.js';
import { KafkaTarget } from '../../../src/queues/kafka/kafkaTarget.js';
import { FakeKafka } from '../../kafka/fakeKafka.js';
import { FakeSqs } from '../../sqs/fakeSqs.js';

const acknowledgement: Acknowledgement = {
  type: 'message.confirmed',
  timestamp: '2026-11-23T12:00:04.512Z',
  data: {
    summary: 'Delivery Status: Confirmed',
    deduplicationKey: 'key-1',
    status: 'confirmed',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    deliveries: [],
  },
};
const event = { webhookId: 'msg_1', acknowledgement };
const LONG_MS = 10_000;

/** A target whose `send` is given, and what has happened to it. */
function targetsWith(
  send: (record: OutgoingRecord) => Promise<void>,
  open: () => Promise<void> = () => Promise.resolve(),
) {
  const happened = { opened: 0, closed: 0 };
  const target: ConfiguredEventTarget = {
    name: 'archive',
    type: 'kafka',
    place: 'the topic message-events',
    events: ['message.confirmed'],
    tenant: undefined,
    open: async () => {
      happened.opened += 1;
      await open();
      return {
        send: async ([record]) => {
          if (record) await send(record);
        },
        sendFault: () => Promise.resolve(undefined),
        close: () => {
          happened.closed += 1;
          return Promise.resolve();
        },
      };
    },
  };
  const log = pino({ level: 'silent' });
  const targets = new EventTargets([target], { log, source: () => 'https://sendproof.example' });
  return { targets, happened };
}

describe('an event for a target', () => {
  it('is a record with the message’s key, by one client for all', async () => {
    const sent: OutgoingRecord[] = [];
    const { happened, targets } = targetsWith((record) => {
      sent.push(record);
      return Promise.resolve();
    });
    await targets.publish('archive', event, LONG_MS);
    await targets.publish('archive', { ...event, webhookId: 'msg_2' }, LONG_MS);
    expect(sent.map(({ id, key }) => [id, key])).toEqual([
      ['msg_1', 'key-1'],
      ['msg_2', 'key-1'],
    ]);
    expect(sent[0]?.headers['content-type']).toMatch(/^application\/cloudevents\+json/);
    expect(JSON.parse(String(sent[0]?.body))).toMatchObject({ id: 'msg_1', subject: 'key-1' });
    expect(happened.opened).toBe(1);
    await targets.close();
    expect(happened.closed).toBe(1);
  });

  it('opens nothing that isn’t used, and closes nothing then', async () => {
    const { happened, targets } = targetsWith(() => Promise.resolve());
    await targets.close();
    expect(happened).toEqual({ opened: 0, closed: 0 });
  });

  it('says that its target was removed, and may be tried again by another worker', async () => {
    const { targets } = targetsWith(() => Promise.resolve());
    await expect(targets.publish('removed', event, LONG_MS)).rejects.toMatchObject({
      reason: 'not_configured',
      permanent: false,
      message: expect.stringMatching(
        /has no events\.removed.*given up after the last attempt/,
      ) as string,
    });
  });

  it.each<[what: string, error: Error, expected: object]>([
    [
      'too large',
      new RecordTooLarge(1_000),
      {
        reason: 'refused',
        permanent: true,
        message: expect.stringContaining('1000 bytes') as string,
      },
    ],
    [
      'away',
      Object.assign(new Error('connect to user:pw@host'), { name: 'KafkaJSConnectionError' }),
      {
        reason: 'connection_failed',
        permanent: false,
        message:
          'events.archive (the topic message-events) can’t be written to (KafkaJSConnectionError).',
      },
    ],
    [
      'without its secret',
      new ConfigurationError('Set KAFKA_PASSWORD.'),
      {
        reason: 'not_configured',
        message: expect.stringContaining('Set KAFKA_PASSWORD.') as string,
      },
    ],
  ])('fails with its reason where the target is %s', async (_what, error, expected) => {
    const { targets } = targetsWith(() => Promise.reject(error));
    await expect(targets.publish('archive', event, LONG_MS)).rejects.toMatchObject(expected);
  });

  it('fails when its time is over, whatever the client does', async () => {
    const { targets } = targetsWith(() => new Promise(() => undefined));
    await expect(targets.publish('archive', event, 5)).rejects.toMatchObject({ reason: 'timeout' });
  });

  it('opens the target again after that failed', async () => {
    let isThere = false;
    const { happened, targets } = targetsWith(
      () => Promise.resolve(),
      () => (isThere ? Promise.resolve() : Promise.reject(new ConfigurationError('no file'))),
    );
    await expect(targets.publish('archive', event, LONG_MS)).rejects.toThrow('no file');
    isThere = true;
    await targets.publish('archive', event, LONG_MS);
    expect(happened.opened).toBe(2);
  });
});

describe('a target that is away', () => {
  it('has one attempt at a time, and the others fail at once, until it is back', async () => {
    const waiting: (() => void)[] = [];
    let isAway = true;
    const { targets } = targetsWith(async () => {
      if (!isAway) return;
      await new Promise<void>((resolve) => waiting.push(resolve));
      throw new Error('away');
    });
    const attempt = () => targets.publish('archive', event, LONG_MS);
    const outcome = () =>
      attempt().then(String, (error: unknown) => (error as AcknowledgementError).reason);
    // Of those that came while it was not known to be away, no more wait than it may hold.
    const first = Array.from({ length: 60 }, outcome);
    expect(await Promise.all(first.slice(50))).toEqual(Array(10).fill('recipient_unavailable'));
    for (const release of waiting.splice(0)) release();
    expect(await Promise.all(first.slice(0, 50))).toEqual(Array(50).fill('connection_failed'));

    const probe = outcome();
    await expect(attempt()).rejects.toMatchObject({ reason: 'recipient_unavailable' });
    isAway = false;
    await expect.poll(() => waiting.length, { interval: 1 }).toBe(1);
    waiting[0]?.();
    expect(await probe).toBe('connection_failed');
    await attempt();
    await Promise.all(Array.from({ length: 50 }, attempt));
  });
});

it('is stored once by a FIFO queue that is told it twice', async () => {
  const url = 'https://sqs.eu-west-1.amazonaws.com/000000000000/message-events.fifo';
  const sqs = new FakeSqs([url]);
  const sender = new SqsSender(new SqsCalls(sqs.client, url), url);
  const record = { headers: {}, body: Buffer.from('{}'), key: 'a key with spaces' };
  await sender.send([{ ...record, id: 'msg_1' }]);
  await sender.send([{ ...record, id: 'msg_1' }]);
  await sender.send([{ ...record, id: 'msg_2' }, record]);
  expect(sqs.bodies(url)).toHaveLength(3);
});

describe('a topic as a target', () => {
  const record = { headers: { 'content-type': 'x' }, body: Buffer.from('{}'), key: 'k' };

  it('has records with their key and headers', async () => {
    const kafka = new FakeKafka({ told: {} });
    const target = new KafkaTarget(kafka, 'told');
    await target.send([record]);
    expect(kafka.messages('told')).toMatchObject([
      {
        key: Buffer.from('k'),
        value: Buffer.from('{}'),
        headers: [['content-type', Buffer.from('x')]],
      },
    ]);
    expect(await target.sendFault()).toBeUndefined();
  });

  it('says the remedy where it is missing or may not be written to', async () => {
    const kafka = new FakeKafka({ told: {} });
    const missing = new KafkaTarget(kafka, 'missing');
    await expect(missing.send([record])).rejects.toThrow(ConfigurationError);
    await expect(missing.send([record])).rejects.toThrow('Kafka has no topic missing: create it');
    expect(await missing.sendFault()).toContain('Kafka has no topic missing');
    kafka.forbidden.add('told');
    const forbidden = new KafkaTarget(kafka, 'told');
    await expect(forbidden.send([record])).rejects.toThrow('give it the right to write');
  });

  it('passes on that a record is too large', async () => {
    const target = new KafkaTarget(new FakeKafka({ told: { mostBytes: 1 } }), 'told');
    await expect(target.send([record])).rejects.toThrow(RecordTooLarge);
  });
});
