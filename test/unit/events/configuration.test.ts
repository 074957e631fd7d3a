/** `events:` in the configuration: what loads, what is refused with which words, and what a message's plan has of it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planAcknowledgements, planEvents } from '../../../src/acceptance/acknowledgementPlan.js';
import { loadConfiguration, type Configuration } from '../../../src/config/configuration.js';
import { acknowledgementIds } from '../../../src/contract/names.js';
import {
  ACKNOWLEDGEMENT_EVENTS,
  AcknowledgementUuids,
  type AcknowledgementRecipient,
} from '../../../src/domain/acknowledgement.js';
import { messageSchema } from '../../../src/domain/message.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-events-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function load(events: unknown, more: object = {}): Promise<Configuration> {
  const file = join(directory, 'sendproof.yaml');
  await writeFile(file, JSON.stringify({ events, ...more }));
  return loadConfiguration({ SENDPROOF_CONFIG: file });
}

const kafka = { brokers: ['kafka-1:9092', 'kafka-2:9092'], topic: 'message-events' };
const url = 'https://sqs.eu-west-1.amazonaws.com/000000000000/message-events';
const sqs = { url };

describe('events:', () => {
  it.each([undefined, {}, null])('has no target where it is %j', async (events) => {
    expect((await load(events)).events).toEqual([]);
  });

  it('tells a target everything, or what is listed', async () => {
    const { events } = await load({
      archive: { kafka },
      other: { kafka, types: 'all' },
      alarms: { sqs, types: ['message.dead_lettered', 'message.expired', 'message.expired'] },
    });
    expect(events).toMatchObject([
      { name: 'archive', type: 'kafka', place: 'the topic message-events' },
      { name: 'other', events: ACKNOWLEDGEMENT_EVENTS },
      {
        name: 'alarms',
        type: 'sqs',
        place: 'the SQS queue message-events',
        events: ['message.dead_lettered', 'message.expired'],
      },
    ]);
    expect(events[0]?.events).toEqual(ACKNOWLEDGEMENT_EVENTS);
  });

  it.each<[events: unknown, fault: string]>([
    [{ a: {} }, 'events.a: must have one of kafka, sqs'],
    [{ a: null }, 'events.a: must have one of kafka, sqs'],
    [{ a: ['kafka'] }, 'events.a: must have one of kafka, sqs'],
    [{ a: { kafak: kafka } }, 'there is no target of the kind "kafak"; did you mean "kafka"?'],
    [{ a: { kafka, sqs } }, 'events.a: has kafka and sqs: make it a target for each'],
    [{ a: { kafka, typs: 'all' } }, 'there is no setting "typs"; did you mean "types"?'],
    [{ a: { kafka, types: 'al' } }, 'events.a.types: must be all or a list of event types'],
    [{ a: { kafka, types: [] } }, 'events.a.types: must name at least one event type'],
    [{ a: { kafka, types: ['message.confirmd'] } }, 'did you mean "message.confirmed"?'],
    [{ a: { kafka, types: ['message.delivered'] } }, 'events.a.types.0: must be one of'],
    [{ a: { kafka, types: { all: true } } }, 'events.a.types: must be all or a list'],
    [{ a: { kafka: { ...kafka, group: 'x' } } }, 'there is no setting "group"'],
    [{ a: { kafka: { ...kafka, brokers: ['kafka'] } } }, 'must be host:port'],
    [
      { a: { kafka: { ...kafka, sasl: { mechanism: 'plain', username: 'u', password: {} } } } },
      'events.a.kafka.sasl.password',
    ],
    [{ a: { sqs: { ...sqs, deadLetterUrl: url } } }, 'there is no setting "deadLetterUrl"'],
    [{ a: { sqs: { url: 'http://127.0.0.1:9324/q' } } }, 'events.a.sqs.region: is needed'],
    [{ a: { sqs: { url: 'message-events' } } }, 'must be the URL of a queue'],
    [{ 'a b': { kafka } }, 'may have up to 63 letters'],
    [[], 'events: must be a map'],
  ])('is refused as %j', async (events, fault) => {
    await expect(load(events)).rejects.toThrow(fault);
  });

  it.each<[what: string, target: object, queues: object]>([
    [
      'a topic that is consumed',
      { kafka: { brokers: ['KAFKA-2:9092'], topic: 'in' } },
      { main: { kafka: { ...kafka, topic: 'in' } } },
    ],
    [
      'its dead letters',
      { kafka: { ...kafka, topic: 'in.dlq' } },
      { main: { kafka: { ...kafka, topic: 'in' } } },
    ],
    [
      'its dead letters by their name',
      { kafka: { ...kafka, topic: 'dead' } },
      { main: { kafka: { ...kafka, topic: 'in' }, deadLetter: 'dead' } },
    ],
    ['a queue of SQS', { sqs }, { main: { sqs: { url, deadLetterUrl: `${url}-dead` } } }],
    [
      'a queue of SQS at its older address',
      { sqs: { url: url.replace('sqs.eu-west-1', 'eu-west-1.queue') } },
      { main: { sqs: { url, deadLetterUrl: `${url}-dead` } } },
    ],
    [
      'the dead letters of SQS',
      { sqs: { url: `${url}-dead` } },
      { main: { sqs: { url, deadLetterUrl: `${url}-dead` } } },
    ],
  ])('is refused where events would come back: %s', async (_what, target, queues) => {
    await expect(load({ archive: target }, { queues })).rejects.toThrow(
      /events\.archive\.(?:kafka|sqs): the queue main has the .*, so that events would come back; use another/,
    );
  });

  it('may be another topic of the same brokers, and the same topic of others', async () => {
    const queues = { main: { kafka: { ...kafka, topic: 'in' } } };
    const elsewhere = { kafka: { brokers: ['other:9092'], topic: 'in' } };
    expect((await load({ a: { kafka }, b: elsewhere }, { queues })).events).toHaveLength(2);
  });
});

const message = (more: object = {}) =>
  messageSchema.parse({
    deduplicationKey: 'k',
    destinations: ['slack:default/C0123ABC'],
    content: { text: 'x' },
    ...more,
  });

describe('the plan of a message', () => {
  const secret = { env: 'ACKNOWLEDGEMENT_SECRET' };
  const acknowledgements = { secret, allowedHosts: ['hooks.example.com'] };

  it('has each target after the callback, with the retries of acknowledgements', async () => {
    const configuration = await load(
      { archive: { kafka }, alarms: { sqs, types: ['message.expired'] } },
      { acknowledgements },
    );
    const acknowledge = { url: 'https://hooks.example.com/' };
    const plans = planAcknowledgements(message({ acknowledge }), configuration);
    const { requestTimeoutMs, retry } = configuration.acknowledgements;
    expect(plans).toMatchObject([
      { recipient: { kind: 'callback' } },
      {
        recipient: { kind: 'event', target: 'archive' },
        events: ACKNOWLEDGEMENT_EVENTS,
        fairnessKey: 'events:archive',
        requestTimeoutMs,
        retry,
      },
      { recipient: { kind: 'event', target: 'alarms' }, events: ['message.expired'] },
    ]);
    expect(planEvents(configuration, undefined)).toEqual(plans?.slice(1));
  });

  it('is empty without targets, so that the message’s history is what it was', async () => {
    expect(planAcknowledgements(message(), await load({}))).toBeUndefined();
  });
});

describe('the ids of one event', () => {
  const callback = { kind: 'callback', url: 'https://hooks.example.com/' } as const;
  const note = { kind: 'pagerduty_note', source: 's', incidentId: 'Q1' } as const;
  const archive = { kind: 'event', target: 'archive' } as const;
  const alarms = { kind: 'event', target: 'alarms' } as const;
  const idsOf = (...recipients: AcknowledgementRecipient[]) => {
    let drawn = 0;
    const uuids = new AcknowledgementUuids(() => `id-${drawn++}`);
    return recipients.map((recipient) => acknowledgementIds(uuids.next(recipient), recipient));
  };

  it('is that of the callback for all targets, and each workflow has an id of its own', () => {
    expect(idsOf(callback, note, archive, alarms)).toEqual([
      { webhookId: 'msg_id-0', workflowId: 'sendproof/ack/id-0' },
      { webhookId: 'msg_id-1', workflowId: 'sendproof/ack/id-1' },
      { webhookId: 'msg_id-0', workflowId: 'sendproof/ack/id-0/archive' },
      { webhookId: 'msg_id-0', workflowId: 'sendproof/ack/id-0/alarms' },
    ]);
  });

  it('is one for all targets without a callback', () => {
    const ids = idsOf(note, archive, alarms).map(({ webhookId }) => webhookId);
    expect(ids).toEqual(['msg_id-0', 'msg_id-1', 'msg_id-1']);
  });
});
