import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentOf, messageRecord, requestOf, sourceRecord } from '../../src/api/intakeRecord.js';
import type { OutgoingRecord, QueueRecord } from '../../src/queues/queue.js';
import type { Source, SourceRequest } from '../../src/sources/source.js';

/** As a queue hands it over. */
function received({ body, headers }: OutgoingRecord): QueueRecord {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    id: 'queue/1',
    orderedBy: undefined,
    headers: Object.fromEntries(lower) as Record<string, string>,
    body,
    sentAt: new Date(),
    moveToDeadLetters: () => Promise.resolve(),
  };
}

function source(headers: Record<string, string> = {}): { name: string; source: Source } {
  const sign: Source['sign'] = (sample) => ({
    ...sample,
    headers: { ...sample.headers, ...headers },
  });
  return { name: 'alerts', source: { sign } as Source };
}

const base: SourceRequest = {
  id: 'request-1',
  method: 'POST',
  headers: {},
  query: new URLSearchParams(),
  token: 'in the path',
  body: Buffer.from('{}'),
};

describe('what the API queues of a source’s request', () => {
  it('has the bytes, the id and the headers as they came', () => {
    const header = fc.constantFrom(
      'x-github-event',
      'ce-partitionkey',
      'idempotency-key',
      'webhook-id',
      'x-a',
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.dictionary(header, fc.string({ maxLength: 20 })),
        fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.string()), { maxLength: 5 }),
        (bytes, headers, query) => {
          const request = {
            ...base,
            headers,
            query: new URLSearchParams(query),
            body: Buffer.from(bytes),
          };
          const record = received(sourceRecord(source(), request, undefined));
          expect(contentOf(record, undefined)).toEqual({ kind: 'source', source: 'alerts' });
          const again = requestOf(record);
          expect(again.body.equals(request.body)).toBe(true);
          expect(again.id).toBe('request-1');
          expect(again.headers).toMatchObject(headers);
          expect([...again.query]).toEqual([...request.query]);
        },
      ),
    );
  });

  it.each([
    'authorization',
    'proxy-authorization',
    'cookie',
    'x-api-key',
    'x-gitlab-token',
    'x-pagerduty-signature',
    'x-hub-signature-256',
    'sentry-hook-signature',
    'x-webhook-secret',
    'x-own-header',
  ])('does not have %s', (name) => {
    const secret = ['very', 'secret'].join('-');
    const request = {
      ...base,
      headers: { [name]: secret },
      query: new URLSearchParams({ token: secret, sig: secret }),
    };
    const record = sourceRecord(source({ 'X-Own-Header': 'signed' }), request, undefined);
    expect(JSON.stringify(record)).not.toContain(secret);
    expect(JSON.stringify(record)).not.toContain(base.token);
  });

  it.each(['intake', 'source', 'request', 'sender', 'tenant'])(
    'is what the API says, whatever the sender’s header sendproof-%s does',
    (name) => {
      const headers = { [`sendproof-${name}`]: 'theirs' };
      const { headers: kept } = sourceRecord(source(), { ...base, headers }, undefined);
      expect(Object.values(kept)).not.toContain('theirs');
      expect(kept).toMatchObject({ 'sendproof-intake': 'source', 'sendproof-source': 'alerts' });
    },
  );

  it.each([
    ['no JSON', '['],
    ['something else', '{"id":{},"method":1,"query":[1,["a"],["a",2],{}]}'],
    ['null', 'null'],
  ])('is read where what it says of the request is %s', (_, text) => {
    const record = received({
      headers: { 'sendproof-intake': 'source', 'sendproof-source': 's', 'sendproof-request': text },
      body: Buffer.from('x'),
    });
    expect(requestOf(record)).toMatchObject({ id: 'queue/1', method: 'POST' });
  });
});

describe('what a record holds', () => {
  it.each([
    [{}, undefined, { kind: 'message' }],
    [{}, 'aws', { kind: 'source', source: 'aws' }],
    [{ 'sendproof-intake': 'event' }, undefined, { kind: 'event' }],
    [{ 'sendproof-intake': 'message' }, 'aws', { kind: 'message' }],
    [
      { 'sendproof-intake': 'source', 'sendproof-source': 'x' },
      undefined,
      { kind: 'source', source: 'x' },
    ],
    [{ 'sendproof-intake': 'source' }, undefined, { kind: 'message' }],
    [{ 'sendproof-intake': 'nonsense' }, undefined, { kind: 'message' }],
  ])('%j in a queue with the source %s', (headers, of, expected) => {
    expect(contentOf(received({ headers, body: Buffer.alloc(0) }), of)).toEqual(expected);
  });

  it('of a message: its conversation is what it is ordered by', () => {
    const message = { deduplicationKey: 'k', conversation: { key: 'c' } };
    const record = messageRecord(message as never, message);
    expect(record.key).toBe('c');
    expect(JSON.parse(record.body.toString())).toEqual(message);
  });
});
