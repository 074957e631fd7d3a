/** `queues:` in the configuration: what loads, what is refused with which words, and what a client is made of. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfiguration, type Configuration } from '../../../src/config/configuration.js';
import { Secret } from '../../../src/lib/secret.js';
import { kafkajsConfiguration } from '../../../src/queues/kafka/kafkajsClient.js';
import { connectionOf, kafkaSchema } from '../../../src/queues/kafka/settings.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-queues-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function load(queues: unknown, more: object = {}): Promise<Configuration> {
  const file = join(directory, 'sendproof.yaml');
  await writeFile(file, JSON.stringify({ queues, ...more }));
  return loadConfiguration({ SENDPROOF_CONFIG: file });
}

const kafka = { brokers: ['kafka:9092'], topic: 'messages' };

describe('queues:', () => {
  it('are none where nothing is configured', async () => {
    expect((await load(undefined)).queues).toEqual([]);
    expect((await load({})).queues).toEqual([]);
  });

  it('has defaults for what isn’t said', async () => {
    const [queue] = (await load({ main: { kafka } })).queues;
    expect(queue).toMatchObject({
      name: 'main',
      type: 'kafka',
      place: 'the topic messages',
      inFlight: 100,
      source: undefined,
      maxAgeMs: undefined,
    });
  });

  it('gives each queue a consumer group of its own', async () => {
    const queues = { a: { kafka }, b: { kafka: { ...kafka, topic: 'other' } } };
    expect((await load(queues)).queues).toHaveLength(2);
    expect(kafkaSchema.parse(kafka).group).toBe('sendproof.messages');
  });

  it('takes events of a source that receives requests', async () => {
    const sources = { alerts: { type: 'generic' }, old: {} };
    const queues = { events: { kafka, source: 'alerts', maxAge: '1h', inFlight: 5 } };
    const [queue] = (await load(queues, { sources })).queues;
    expect(queue).toMatchObject({ source: 'alerts', maxAgeMs: 3_600_000, inFlight: 5 });
  });

  it.each([
    [{ main: {} }, 'queues.main: must have one of kafka, sqs'],
    [{ main: null }, 'queues.main: must have one of kafka, sqs'],
    [{ main: 'kafka' }, 'queues.main: must have one of kafka, sqs'],
    [{ main: { kafak: kafka } }, 'there is no queue of the kind "kafak"; did you mean "kafka"?'],
    [{ main: { kafka: {} } }, 'queues.main.kafka.brokers: is required'],
    [{ main: { kafka: { ...kafka, brokers: [] } } }, 'must name at least one broker'],
    [{ main: { kafka: { ...kafka, brokers: ['http://kafka:9092'] } } }, 'must be host:port'],
    [{ main: { kafka: { ...kafka, brokers: ['kafka'] } } }, 'must be host:port'],
    [{ main: { kafka: { ...kafka, topic: 'a b' } } }, 'must be the name of a topic'],
    [{ main: { kafka: { ...kafka, topic: '..' } } }, 'must be the name of a topic'],
    [{ main: { kafka: { ...kafka, tpoic: 'x' } } }, 'did you mean "topic"?'],
    [{ main: { kafka, inFlght: 3 } }, 'there is no setting "inFlght"; did you mean "inFlight"?'],
    [{ main: { kafka, inFlight: 0 } }, 'queues.main.inFlight'],
    [{ main: { kafka, inFlight: 5_000 } }, 'must be at most 1000'],
    [{ main: { kafka, maxAge: 60 } }, 'queues.main.maxAge: needs a unit'],
    [{ main: { kafka, source: 'alert' } }, 'there is no source "alert" with a type'],
    [
      { a: { kafka }, b: { kafka: { ...kafka, topic: 'other', group: 'sendproof.messages' } } },
      'queues.b.kafka: the consumer group sendproof.messages is that of the queue a; use another',
    ],
    [{ 'a b': { kafka } }, 'may have up to 63 letters'],
    [{ main: { kafka: { ...kafka, sasl: { mechanism: 'plain', username: 'u' } } } }, 'password: '],
    [
      {
        main: {
          kafka: {
            ...kafka,
            sasl: { mechanism: 'plain', username: 'u', password: { env: 'KAFKA_PASSWORD' } },
          },
        },
      },
      'queues.main.kafka.tls: is needed with the mechanism plain',
    ],
    [
      { main: { kafka: { ...kafka, tls: { certificate: 'c.pem' } } } },
      'needs both certificate and key',
    ],
  ])('refuses %j', async (queues, words) => {
    await expect(load(queues, { sources: { alerts: { type: 'generic' } } })).rejects.toThrow(words);
  });

  it('names the source that was meant', async () => {
    const loading = load(
      { q: { kafka, source: 'alrets' } },
      { sources: { alerts: { type: 'generic' } } },
    );
    await expect(loading).rejects.toThrow('did you mean "alerts"?');
  });
});

describe('a Kafka client', () => {
  const log = pino({ level: 'silent' });

  it('is made of the configuration', () => {
    const environment = { KAFKA_PASSWORD: 'of-this-test' };
    const settings = kafkaSchema.parse({
      ...kafka,
      tls: true,
      clientId: 'mine',
      sasl: { mechanism: 'scram-sha-512', username: 'u', password: { env: 'KAFKA_PASSWORD' } },
    });
    const { sasl } = settings;
    const connection = connectionOf({
      ...settings,
      sasl: sasl && { ...sasl, password: new Secret({ env: 'KAFKA_PASSWORD' }, environment) },
    });
    expect(connection).toEqual({
      brokers: ['kafka:9092'],
      clientId: 'mine',
      tls: {},
      sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'of-this-test' },
    });
    const given = kafkajsConfiguration(connection, log);
    expect(given).toMatchObject({
      brokers: ['kafka:9092'],
      clientId: 'mine',
      ssl: {},
      sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'of-this-test' },
    });
    // The library takes it as it is.
    expect(() => new kafkajs.Kafka(given).consumer({ groupId: 'g' })).not.toThrow();
  });

  it('is without TLS and credentials where none are configured', () => {
    const given = kafkajsConfiguration(connectionOf(kafkaSchema.parse(kafka)), log);
    expect(given).not.toHaveProperty('ssl');
    expect(given).not.toHaveProperty('sasl');
  });

  it('reads certificates from their files, and names the one that is missing', async () => {
    const ca = join(directory, 'ca.pem');
    await writeFile(ca, 'a certificate');
    const settings = kafkaSchema.parse({ ...kafka, tls: { ca, serverName: 'kafka.internal' } });
    expect(connectionOf(settings).tls).toEqual({
      ca: 'a certificate',
      servername: 'kafka.internal',
    });
    const missing = kafkaSchema.parse({ ...kafka, tls: { ca: `${ca}.old` } });
    expect(() => connectionOf(missing)).toThrow(`${ca}.old`);
  });
});
