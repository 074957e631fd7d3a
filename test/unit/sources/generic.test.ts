import { createHmac, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { eventSchema } from '../../../src/domain/event.js';
import { generic } from '../../../src/sources/generic/source.js';
import type { ParsedEvent, Source, SourceRequest } from '../../../src/sources/source.js';
import { describeSourceContract } from './contract.js';
import { requestOf } from './parsed.js';
import { expectProcessorMsBelow } from '../../processorTime.js';

const MAP = {
  key: '{{ body.id }}',
  state: '{{ body.status }}',
  labels: { job: '{{ body.name }}' },
};

describeSourceContract({
  type: generic,
  settings: (secret) => ({
    hmac: {
      secret,
      header: 'X-Signature',
      prefix: 'sha512=',
      encoding: 'base64',
      algorithm: 'sha512',
    },
    map: MAP,
  }),
  authenticate: ({ body, headers }, secret) => {
    const signature = createHmac('sha512', secret).update(body).digest('base64');
    return { body, headers: { ...headers, 'X-Signature': `sha512=${signature}` } };
  },
  signsBody: true,
  senderWaitsMs: 10_000,
  redelivered: ({ body, headers }) => ({
    body,
    headers: { ...headers, 'X-Request-Id': randomUUID() },
  }),
});

process.env.GENERIC_TEST_SECRET = `whsec_${Buffer.from('a key of this test, 24 b').toString('base64')}`;
process.env.GENERIC_TEST_TEXT = ['not', 'base64', '!'].join(' ');

function sourceOf(settings: object): Source {
  return generic.create(generic.schema.parse({ type: 'generic', ...settings }), 'any');
}

function request(body: unknown, headers: Record<string, string> = {}, query = ''): SourceRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  const sample = { headers: { 'Content-Type': type, ...headers }, body: text };
  return { ...requestOf(sample), query: new URLSearchParams(query) };
}

function only(settings: object, given: SourceRequest): ParsedEvent {
  const [event, ...others] = sourceOf(settings).parse(given);
  if (!event || others.length > 0) throw new Error('not one event');
  return event;
}

describe('Standard Webhooks', () => {
  const secret = { env: 'GENERIC_TEST_SECRET' };
  const webhook = new Webhook(process.env.GENERIC_TEST_SECRET ?? '');
  const signed = (body: string, { at = new Date(), id = 'msg_55', version = 'v1' } = {}) =>
    request(body, {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': webhook.sign(id, at, body).replace('v1,', `${version},`),
    });
  const source = (tolerance?: string) =>
    sourceOf({ standardWebhooks: { secret, ...(tolerance && { tolerance }) } });
  const BODY = JSON.stringify({ title: 'Größe\r\n😀' });

  it('are authentic as the specification’s own library signs them, and have its id as their key', async () => {
    expect(await source().verify(signed(BODY))).toBe('authentic');
    expect(source().identify(signed(BODY))).toEqual({ kind: 'events', key: 'msg_55' });
    expect(source().parse(signed(BODY))[0]).toMatchObject({ key: 'msg_55' });
  });

  it('are signed by us as that library expects it', () => {
    const { body, headers } = source().sign({ body: BODY, headers: {} });
    expect(() => webhook.verify(body, headers)).not.toThrow();
  });

  it('may have several signatures', async () => {
    const { headers, ...rest } = signed(BODY);
    const signature = `v1,AAAA v1a,BBBB ${headers['webhook-signature'] ?? ''}`;
    const several = { ...rest, headers: { ...headers, 'webhook-signature': signature } };
    expect(await source().verify(several)).toBe('authentic');
  });

  it.each([
    ['old', -6 * 60_000, undefined, false],
    ['of the future', 6 * 60_000, undefined, false],
    ['a little old', -4 * 60_000, undefined, true],
    ['older than the tolerance', -90_000, '1m', false],
    ['old within a long tolerance', -50 * 60_000, '1h', true],
  ])('that are %s: %i ms, tolerance %s', async (_, offset, tolerance, isAuthentic) => {
    const verdict = await source(tolerance).verify(
      signed(BODY, { at: new Date(Date.now() + offset) }),
    );
    if (isAuthentic) expect(verdict).toBe('authentic');
    else expect(verdict).toHaveProperty('refusedBecause', expect.stringContaining('clock'));
  });

  it.each([
    ['another version', (r: SourceRequest) => ({ ...r, ...signed(BODY, { version: 'v2' }) })],
    ['another body', (r: SourceRequest) => ({ ...r, body: Buffer.from(`${BODY} `) })],
    ['another id', (r: SourceRequest) => ({ ...r, headers: { ...r.headers, 'webhook-id': 'x' } })],
    [
      'no time',
      (r: SourceRequest) => ({ ...r, headers: { ...r.headers, 'webhook-timestamp': undefined } }),
    ],
    [
      'a time that is none',
      (r: SourceRequest) => ({ ...r, headers: { ...r.headers, 'webhook-timestamp': 'NaN' } }),
    ],
    [
      'no signature',
      (r: SourceRequest) => ({ ...r, headers: { ...r.headers, 'webhook-signature': '' } }),
    ],
  ])('with %s are refused', async (_, change) => {
    expect(await source().verify(change(signed(BODY)))).toHaveProperty('refusedBecause');
  });

  it('need a secret of the specification', async () => {
    const wrong = sourceOf({ standardWebhooks: { secret: { env: 'GENERIC_TEST_TEXT' } } });
    await expect(wrong.verify(signed(BODY))).rejects.toThrow(/must be base64 after whsec_/);
  });
});

describe('a mapping', () => {
  const FULL = {
    key: '{{ body.id }}-{{ body.phase }}',
    title: '{{ body.service | upcase }} is {{ body.phase }}',
    text: '**{{ body.service }}**: {{ body.note }}',
    summary: '{{ body.service }}',
    state: '{% if body.phase == "down" %}triggered{% else %}resolved{% endif %}',
    severity: '{{ headers.x-priority }}',
    conversation: '{{ body.id }}',
    reference: '#{{ body.id }}',
    url: 'https://example.com/{{ body.id }}?from={{ query.from }}',
    occurredAt: '{{ body.at }}',
    labels: { team: '{{ query.team }}', none: '{{ body.nothing }}', phase: '{{ body.phase }}' },
  };

  it('says what a request means', () => {
    const body = { id: 55, service: 'shop', phase: 'down', note: 'a *b* <c>', at: 1_763_899_200 };
    const given = request(body, { 'X-Priority': 'P1', 'x-other': 'y' }, 'from=ci&team=db');
    expect(only({ map: FULL }, given)).toMatchObject({
      key: '55-down',
      title: 'SHOP is down',
      summary: 'shop',
      state: 'triggered',
      severity: undefined,
      conversation: '55',
      reference: '#55',
      url: 'https://example.com/55?from=ci',
      occurredAt: '2025-11-23T12:00:00.000Z',
      labels: { team: 'db', phase: 'down' },
      raw: body,
    });
    const { text } = only({ map: FULL }, given);
    expect(text).toMatch(/^\*\*shop\*\*: a \\\*b\\\*/);
  });

  it.each([
    ['1763899200', '2025-11-23T12:00:00.000Z'],
    ['1763899200.5', '2025-11-23T12:00:00.500Z'],
    ['1763899200000', '2025-11-23T12:00:00.000Z'],
    ['1763899200000000', '2025-11-23T12:00:00.000Z'],
    ['1763899200000000000', '2025-11-23T12:00:00.000Z'],
    ['2025-11-23T13:00:00+01:00', '2025-11-23T12:00:00.000Z'],
    ['yesterday', undefined],
    ['', undefined],
  ])('takes %j as a time', (at, occurredAt) => {
    const given = request({ at });
    expect(only({ map: { occurredAt: '{{ body.at }}' } }, given).occurredAt).toBe(occurredAt);
  });

  it.each([
    ['Firing', 'triggered'],
    ['in progress', 'acknowledged'],
    ['RECOVERED', 'resolved'],
    ['changed', 'updated'],
    ['constructor', 'other'],
    ['', 'other'],
  ])('takes %j as a state', (word, state) => {
    expect(only({ map: { state: '{{ body.s }}' } }, request({ s: word })).state).toBe(state);
  });

  it('may be left out', () => {
    const body = {
      title: 'Job failed',
      severity: 'high',
      state: 'firing',
      url: 'https://e.com',
      a: 5,
    };
    expect(only({}, request(body))).toMatchObject({
      title: 'Job failed',
      severity: 'critical',
      state: 'triggered',
      url: 'https://e.com',
    });
    expect(only({}, request(body)).text).toContain('**a:** 5');
  });

  it('reads forms and texts', () => {
    const form = request('a=1&b=2&b=3', { 'Content-Type': 'application/x-www-form-urlencoded' });
    const map = { title: '{{ body.a }} {{ body.b | join: "+" }}' };
    expect(only({ map }, form).title).toBe('1 2+3');
    expect(only({ map: { title: '{{ body }}' } }, request('one\ntwo')).title).toBe('one two');
    expect(only({}, request('one\ntwo'))).toMatchObject({ title: 'one', text: 'one\ntwo' });
  });

  it('never shows what proves who sends', () => {
    const settings = {
      header: { name: 'X-Token', value: { env: 'GENERIC_TEST_TEXT' } },
      map: { title: '{{ headers | json }}' },
    };
    const secret = randomUUID();
    const given = request(
      {},
      { 'x-token': secret, Authorization: secret, Cookie: secret, 'x-a': 'seen' },
    );
    const { title } = only(settings, given);
    expect(title).toContain('seen');
    expect(title).not.toContain(secret);
  });

  it('that takes too much work is as one that gives nothing, which the text says', () => {
    const bomb =
      '{% for a in (1..100000) %}{% for b in (1..100000) %}{{ b }}{% endfor %}{% endfor %}';
    const settings = { map: { title: bomb, text: 'still {{ body.a }}' } };
    expectProcessorMsBelow(1_000, () => {
      const event = only(settings, request({ a: 'here' }));
      expect(event.text).toBe('still here\n\n_The mapping of title could not be used._');
    });
  });

  it.each([
    [
      { title: '{{ body.a | upcse }}' },
      'map.title',
      'line 1: there is no filter "upcse"; did you mean "upcase"?',
    ],
    [
      { text: 'a\nb {{ boddy.a }}' },
      'map.text',
      'line 2: there is no "boddy" here; did you mean "body"?',
    ],
    [{ text: '{{ item.a }}' }, 'map.text', 'there is no "item" here'],
    [{ key: '{% if %}' }, 'map.key', 'line 1'],
    [{ key: '{{ body.id' }, 'map.key', 'line 1'],
    [{ state: '{% include "x" %}' }, 'map.state', 'there is no tag "include"'],
    [{ severity: '{{ headers.X-Priority }}' }, 'map.severity', 'lower case'],
    [{ labels: { team: '{{ bdy.team }}' } }, 'map.labels.team', 'did you mean "body"?'],
    [{ titel: 'x' }, 'map', 'titel'],
  ])('%j fails when it is loaded', (map, path, message) => {
    const { error } = generic.schema.safeParse({ type: 'generic', map });
    const [issue] = error?.issues ?? [];
    expect(issue?.path.join('.')).toBe(path);
    expect(issue?.message).toContain(message);
  });

  it('of any JSON is a whole event', () => {
    const source = sourceOf({ map: FULL });
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const given = request({ id: body, service: body, phase: body, note: body, at: body });
        for (const event of source.parse(given)) {
          const { key, labels, text, title, url } = event;
          expect(
            eventSchema.safeParse({ key, labels, source: 's', text, title, url }).error,
          ).toBeUndefined();
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a request with a list', () => {
  const settings = {
    each: 'body.alerts',
    map: { key: '{{ item.id }}', title: '{{ item.name }} of {{ body.group }}' },
  };
  const alerts = (count: number) =>
    Array.from({ length: count }, (_, id) => ({ id: `a${id}`, name: `alert ${id}` }));

  it('is an event for each element', () => {
    const events = sourceOf(settings).parse(request({ group: 'db', alerts: alerts(3) }));
    expect(events.map(({ key, title }) => [key, title])).toEqual([
      ['a0', 'alert 0 of db'],
      ['a1', 'alert 1 of db'],
      ['a2', 'alert 2 of db'],
    ]);
  });

  it('that is empty is none', () => {
    expect(sourceOf(settings).parse(request({ alerts: [] }))).toEqual([]);
  });

  it.each([{}, { alerts: {} }, { alerts: 'x' }, { alerts: null }, [], 5])(
    'that has none, as %j, is unusable',
    (body) => {
      expect(() => sourceOf(settings).parse(request(body))).toThrow('no list at body.alerts');
    },
  );

  it('says how many it leaves out of a very long one', () => {
    const events = sourceOf(settings).parse(request({ alerts: alerts(10_000) }));
    expect(events).toHaveLength(1_001);
    expect(events.at(-1)?.title).toBe('9000 more events in one request');
    expect(new Set(events.map(({ key }) => key)).size).toBe(1_001);
  });

  it.each(['alerts', 'body.', 'body..a', 'headers.a', ''])('can’t be at %j', (each) => {
    expect(generic.schema.safeParse({ type: 'generic', each }).error?.issues[0]?.path).toEqual([
      'each',
    ]);
  });
});
