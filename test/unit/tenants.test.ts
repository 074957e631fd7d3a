/** `tenant:` in the configuration, and what a message of a tenant may have: acknowledgements, records of a queue, decisions. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { planAcknowledgements } from '../../src/acceptance/acknowledgementPlan.js';
import { messageId } from '../../src/acceptance/messageId.js';
import { explainMaybeQueued, queuedMessageBody } from '../../src/api/queuedMessage.js';
import { eventRecord, messageRecord, tenantOfRecord } from '../../src/api/intakeRecord.js';
import { allNamed, recordNamed } from '../../src/api/named.js';
import { Problem } from '../../src/api/problem.js';
import { loadConfiguration, type Configuration } from '../../src/config/configuration.js';
import { groupMessageKey } from '../../src/contract/names.js';
import {
  recipientName,
  type Acknowledgement,
  type AcknowledgementPlan,
} from '../../src/domain/acknowledgement.js';
import { eventSchema } from '../../src/domain/event.js';
import { messageSchema, type Message } from '../../src/domain/message.js';
import type { MessageRecord, MessageState, MessageSummary } from '../../src/domain/messageState.js';
import { acknowledgeRefusal } from '../../src/ingest/acknowledgeRefusal.js';
import { readRecord } from '../../src/ingest/readRecord.js';
import type { OutgoingRecord, QueueRecord } from '../../src/queues/queue.js';
import { visibilityQuery } from '../../src/store/search/messageSearch.js';
import {
  BulkDecisions,
  validateBulkRequest,
} from '../../src/workflows/deadLetters/bulkDecisions.js';
import { inputOf } from './intakeApi.js';
import { entry, hashOf } from './keysApi.js';
import { clientAnsweredBy } from './temporalService.js';

const directory = mkdtempSync(join(tmpdir(), 'sendproof-tenants-'));
afterAll(() => rmSync(directory, { recursive: true }));

function load(content: object): Configuration {
  const file = join(directory, 'sendproof.yaml');
  writeFileSync(file, JSON.stringify(content));
  return loadConfiguration({ SENDPROOF_CONFIG: file });
}

const message = (tenant: string | undefined, more: object = {}): Message => ({
  ...messageSchema.parse({
    deduplicationKey: 'k',
    destinations: ['slack:default/C0123ABC'],
    content: { text: 'x' },
    ...more,
  }),
  tenant,
});

const kafka = { brokers: ['kafka:9092'], topic: 'in' };

describe('tenant: in the configuration', () => {
  it('may be that of keys, sources, queues and targets of events', () => {
    const { events, keys, queues, sources } = load({
      keys: [entry('ci', ['send'], { tenant: 'build' }), entry('all', ['send'])],
      sources: { hook: { type: 'generic', tenant: 'build' }, open: { type: 'generic' } },
      queues: { main: { kafka, tenant: 'build' } },
      events: { archive: { kafka: { ...kafka, topic: 'out' }, tenant: 'build' } },
    });
    expect(keys.map(({ tenant }) => tenant)).toEqual(['build', undefined]);
    expect(sources.map(({ tenant }) => tenant)).toEqual(['build', undefined]);
    expect(queues.map(({ tenant }) => tenant)).toEqual(['build']);
    expect(events.map(({ tenant }) => tenant)).toEqual(['build']);
  });

  it.each(['', 'a/b', '/', '..', '-a', 'a b', 'é', 'a\n', 'k'.repeat(41), 7, null, {}])(
    'is refused as %j',
    (tenant) => {
      expect(() => load({ keys: [entry('ci', ['send'], { tenant })] })).toThrow(
        /keys\.0\.tenant: /,
      );
    },
  );

  it('is refused beside the scope metrics, and is without it as admin', () => {
    const [admin] = load({ keys: [entry('root', ['admin'], { tenant: 'build' })] }).keys;
    expect([...(admin?.scopes ?? [])]).toEqual(['send', 'read', 'decide', 'admin']);
    expect(() => load({ keys: [entry('m', ['metrics'], { tenant: 'build' })] })).toThrow(
      /keys\.0\.scopes: .*metrics count the messages of all tenants/,
    );
  });

  it('is refused where two would disagree about whose a record is', () => {
    const sources = { hook: { type: 'generic' } };
    expect(() => load({ sources, queues: { q: { kafka, source: 'hook', tenant: 'a' } } })).toThrow(
      /queues\.q\.tenant: is a setting of the source/,
    );
    const intake = { queue: 'q' };
    expect(() => load({ intake, queues: { q: { kafka, tenant: 'a' } } })).toThrow(
      /intake\.queue: .*of the tenant a; name a queue without a tenant/,
    );
  });

  it('is nothing that an entry of earlier releases had', () => {
    const hash = hashOf('k'.repeat(43));
    expect(
      load({ keys: [{ name: 'ci', hash, scopes: ['send'] }] }).keys[0]?.tenant,
    ).toBeUndefined();
  });
});

describe('who is notified of a tenant’s message', () => {
  const url = 'https://hooks.example.com/';
  const configuration = load({
    acknowledgements: { secret: { env: 'S' }, allowedHosts: ['hooks.example.com'] },
    sources: {
      theirs: { tenant: 'theirs', acknowledge: { url } },
      shared: { acknowledge: { url } },
    },
    events: {
      all: { kafka: { ...kafka, topic: 'all' } },
      theirs: { kafka: { ...kafka, topic: 'theirs' }, tenant: 'theirs' },
      mine: { kafka: { ...kafka, topic: 'mine' }, tenant: 'mine' },
    },
  });
  const told = (tenant: string | undefined, source: string) =>
    (planAcknowledgements(message(tenant, { correlation: { source } }), configuration) ?? []).map(
      (plan) => [
        plan.recipient.kind === 'event' ? plan.recipient.target : plan.recipient.kind,
        plan.tenant,
      ],
    );

  it.each([
    [
      'mine',
      'theirs',
      [
        ['all', undefined],
        ['mine', 'mine'],
      ],
    ],
    [
      'mine',
      'shared',
      [
        ['callback', 'mine'],
        ['all', undefined],
        ['mine', 'mine'],
      ],
    ],
    [
      'theirs',
      'theirs',
      [
        ['callback', 'theirs'],
        ['all', undefined],
        ['theirs', 'theirs'],
      ],
    ],
    [undefined, 'theirs', [['all', undefined]]],
    [
      undefined,
      'shared',
      [
        ['callback', undefined],
        ['all', undefined],
      ],
    ],
  ])('of the tenant %s that names the source %s', (tenant, source, expected) => {
    expect(told(tenant, source)).toEqual(expected);
  });
});

describe('the refusal of a message of a queue', () => {
  const url = 'https://hooks.example.com/';
  const configuration = load({
    acknowledgements: { secret: { env: 'S' }, allowedHosts: ['hooks.example.com'] },
    events: {
      all: { kafka: { ...kafka, topic: 'all' } },
      theirs: { kafka: { ...kafka, topic: 'theirs' }, tenant: 'theirs' },
      mine: { kafka: { ...kafka, topic: 'mine' }, tenant: 'mine' },
    },
  });

  /** By recipient: the key of the message that it is told. */
  async function told(tenant: string | undefined, deduplicationKey: string) {
    const keys: Record<string, string> = {};
    const client = clientAnsweredBy(({ request }) => {
      const { acknowledgement, plan } = inputOf(request) as {
        acknowledgement?: Acknowledgement;
        plan?: AcknowledgementPlan;
      };
      if (acknowledgement && plan) {
        keys[recipientName(plan.recipient)] = acknowledgement.data.deduplicationKey;
      }
      return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
    });
    await acknowledgeRefusal(
      { client, configuration },
      {
        message: message(tenant, {
          ...{ deduplicationKey, acknowledge: { url, events: ['message.refused'] } },
        }),
        problem: new Problem('deduplication_key_reused', 'The key is taken.'),
        ...{ record: 'q/1', traceId: 'a'.repeat(32) },
      },
    );
    return keys;
  }

  it.each<[tenant: string | undefined, key: string, own: string, whole: string]>([
    ['mine', 'k', 'k', 'sendproof/tenant/mine/k'],
    ['mine', 'k'.repeat(250), 'k'.repeat(250), messageId('mine', 'k'.repeat(250))],
  ])('of %s with the key %s is told to its tenant so, and by its id to others', async (...each) => {
    const [tenant, key, own, whole] = each;
    expect(await told(tenant, key)).toEqual({ 'hooks.example.com': own, mine: own, all: whole });
  });

  it('of no tenant is told by its key', async () => {
    expect(await told(undefined, 'k')).toEqual({ 'hooks.example.com': 'k', all: 'k' });
  });
});

describe('a record of the queue of the intake', () => {
  const received = ({ body, headers }: Pick<OutgoingRecord, 'body' | 'headers'>): QueueRecord =>
    ({ id: 'q/1', headers, body, sentAt: new Date() }) as QueueRecord;
  const event = eventSchema.parse({ key: 'k', source: 's', title: 'x' });

  it('says whose it is', () => {
    const mine = messageRecord(message('mine'), {});
    expect(tenantOfRecord(received(mine))).toBe('mine');
    expect(tenantOfRecord(received(messageRecord(message(undefined), {})))).toBeUndefined();
    expect(tenantOfRecord(received(eventRecord({ ...event, tenant: 'mine' }, {})))).toBe('mine');
  });

  it('is a message of that tenant, or of the queue’s, whatever the record says', () => {
    const { deduplicationKey, destinations } = message(undefined);
    const to = destinations.map(({ destination }) => destination);
    const body = { deduplicationKey, destinations: to, content: { text: 'x' } };
    const read = (tenant: string | undefined) =>
      readRecord(
        received(messageRecord(message('mine'), body)),
        { source: undefined, maxAgeMs: undefined, tenant },
        [],
      ).message?.tenant;
    expect(read(undefined)).toBe('mine');
    expect(read('theirs')).toBe('theirs');
  });

  it('is never of another tenant than the queue’s, or its source’s, whatever the record says', () => {
    const { sources } = load({
      sources: {
        mine: { type: 'generic', tenant: 'mine' },
        theirs: { type: 'generic', tenant: 'theirs' },
      },
    });
    const ofSource = { id: 'q/1', body: Buffer.from('{}'), sentAt: new Date() };
    const read = (queue: { source?: string; tenant?: string }, headers: Record<string, string>) =>
      readRecord(
        { ...ofSource, headers } as unknown as QueueRecord,
        { source: undefined, maxAgeMs: undefined, tenant: undefined, ...queue },
        sources,
      );
    const forged = { 'sendproof-intake': 'source', 'sendproof-source': 'theirs' };
    for (const queue of [{ tenant: 'mine' }, { source: 'mine' }]) {
      expect(() => read(queue, forged)).toThrow(/not of the queue’s tenant/);
    }
    expect(() => read({ tenant: 'theirs' }, forged)).not.toThrow();
    const body = {
      deduplicationKey: 'k',
      destinations: ['slack:default/C0123ABC'],
      content: { text: 'x' },
    };
    const sent = messageRecord(message('theirs'), body);
    expect(
      readRecord(
        received(sent),
        { source: 'mine', maxAgeMs: undefined, tenant: undefined },
        sources,
      ).message?.tenant,
    ).toBe('mine');
  });

  it.each(['', '../x', 'a b', 'a/b'])('is refused where it says %j', (tenant) => {
    const record = received({ headers: { 'sendproof-tenant': tenant }, body: Buffer.from('{}') });
    expect(() => tenantOfRecord(record)).toThrow(/sendproof-tenant/);
  });
});

it('tells a tenant of what is queued nothing of what others have queued', async () => {
  const intake = {
    name: 'main',
    lag: () => Promise.resolve(312),
    queuedAt: (id: string) => (id === 'sendproof/tenant/mine/k' ? new Date() : undefined),
  };
  const mine = { tenant: 'mine' };
  const body = await queuedMessageBody(intake, 'sendproof/tenant/mine/k', '', mine);
  expect(body).toMatchObject({ deduplicationKey: 'k', links: { self: '/v1/messages/k' } });
  expect(JSON.stringify(body) + (await explainMaybeQueued(intake, mine))).not.toContain('312');
});

describe('a decision on all dead letters', () => {
  const request = { by: 'ada', reason: 'x', filter: { tenant: 'mine' } };

  it('is about those of the tenant alone', () => {
    validateBulkRequest(request);
    const decisions = new BulkDecisions();
    const { filter } = decisions.add('retry', request, new Date(0), () => 'id');
    expect(filter).toEqual({ tenant: 'mine', at: '1970-01-01T00:00:00.000Z' });
    const { filter: all } = decisions.add(
      'retry',
      { by: 'a', reason: 'x' },
      new Date(0),
      () => 'i',
    );
    expect(all).not.toHaveProperty('tenant');
  });

  it.each(['', 'a/b', 7, null])('is refused for the tenant %j', (tenant) => {
    expect(() => validateBulkRequest({ ...request, filter: { tenant } })).toThrow(/filter\.tenant/);
  });
});

it('asks Temporal’s lists for the tenant, whatever else is sought', () => {
  const clause = ' AND WorkflowId STARTS_WITH "sendproof/tenant/a.b/"';
  for (const filter of [{}, { q: 'PagerDuty 55' }, { reference: '55', related: ['c'] }]) {
    expect(visibilityQuery({ ...filter, tenant: 'a.b' })).toContain(clause);
    expect(visibilityQuery({ ...filter, tenant: undefined })).not.toContain('tenant');
  }
  expect(visibilityQuery({ q: 'k', tenant: 'a' })).toContain(
    'WorkflowId STARTS_WITH "sendproof/tenant/a/k"',
  );
});

it('names the message of a group by its tenant', () => {
  const window = { route: 'r', openedAt: 't', id: 'i' };
  expect(groupMessageKey(window)).toBe('sendproof/grouped/r/t/i');
  expect(groupMessageKey({ ...window, tenant: 'a' })).toBe(
    'sendproof/tenant/a/sendproof/grouped/r/t/i',
  );
});

describe('what a caller is shown', () => {
  const id = (key: string) => `sendproof/tenant/mine/${key}`;
  const names = { names: {} };
  const summary = {
    ...{ deduplicationKey: id('k'), status: 'delivering', destinations: ['d'], deadLetters: [] },
    ...{ acceptedAt: 't', conversation: { key: id('c'), at: 't', rank: 0 } },
  } as unknown as MessageSummary;
  const record = {
    state: {
      ...summary,
      shows: { count: 1, keys: [id('e')] },
      deliveries: [
        { stage: { kind: 'awaiting_turn', behind: id('b'), since: 't' } },
        { stage: { kind: 'superseded', by: id('s') } },
        { stage: { kind: 'grouped', route: 'r', message: id('g') } },
        { stage: { kind: 'grouped', route: 'r' } },
      ],
    } as unknown as MessageState,
    moments: [{ kind: 'superseded', at: 't', destination: 'd', message: id('s') }],
    // What a person has written stays as it is.
    content: { text: id('written') },
  } as unknown as MessageRecord;

  it('is the tenant’s own keys to the tenant', () => {
    const shown = JSON.stringify(recordNamed(record, names, { tenant: 'mine' }));
    expect(shown.match(/sendproof\/tenant/g)).toHaveLength(1);
    expect(shown).toContain(id('written'));
  });

  it('is whole ids to who has no tenant', () => {
    expect(recordNamed(record, names, { tenant: undefined })).toEqual({
      ...record,
      state: { ...record.state, givenKey: undefined },
    });
  });

  it('is the key as it was sent, where the id has a hash of it', () => {
    const long = {
      ...summary,
      deduplicationKey: id('sendproof/long/x'),
      givenKey: 'k'.repeat(250),
    };
    const keys = (tenant: string | undefined) =>
      allNamed({ messages: [long], cursor: undefined }, names, { tenant }).messages.map(
        ({ deduplicationKey, givenKey }) => [deduplicationKey, givenKey],
      );
    expect(keys('mine')).toEqual([['k'.repeat(250), undefined]]);
    expect(keys(undefined)).toEqual([[id('sendproof/long/x'), undefined]]);
  });
});
