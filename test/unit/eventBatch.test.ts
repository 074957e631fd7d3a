/** `POST /v1/events/batch`, and what the acknowledgements of a route make of an event. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/configuration.js';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { inputOf, OPS, startIntakeApi, type IntakeApi } from './intakeApi.js';
import { grpcError } from './temporalService.js';

const CALLBACK = 'https://hooks.example.com/sendproof';
const ACKNOWLEDGEMENTS = {
  secret: { env: 'CALLBACK_SECRET' },
  allowedHosts: ['hooks.example.com'],
};

interface Result {
  status: number;
  event?: { key: string; status: string; messages: { route?: string }[]; routes?: unknown[] };
  problem?: { type: string; errors?: { field: string; detail: string }[] };
}

let directory: string;
let intake: IntakeApi;
/** The ids of workflows that Temporal doesn't start. */
let away: (id: string) => boolean;

function fileOf(settings: object): string {
  const file = join(directory, 'sendproof.yaml');
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sendproof-events-'));
  const file = fileOf({
    acknowledgements: ACKNOWLEDGEMENTS,
    sources: { ci: { acknowledge: { url: `${CALLBACK}/source` } } },
    routes: [
      {
        name: 'told',
        match: { severity: 'critical' },
        to: [OPS],
        acknowledge: { url: `${CALLBACK}/route`, events: ['message.confirmed'] },
      },
      {
        name: 'grouped',
        match: { severity: 'warning' },
        to: [OPS],
        group: { window: '5m' },
        acknowledge: { url: `${CALLBACK}/group` },
      },
      { name: 'rest', to: [OPS] },
    ],
  });
  intake = await startIntakeApi({ SENDPROOF_CONFIG: file }, ({ method, request }) => {
    if (method !== 'startWorkflowExecution' || !away(String(request.workflowId))) return undefined;
    throw grpcError(GRPC_STATUS.UNAVAILABLE, 'no connection');
  });
});
beforeEach(() => {
  away = () => false;
  intake.starts.length = 0;
});
afterAll(async () => {
  await intake.close();
  rmSync(directory, { recursive: true });
});

async function post(body: unknown, query = '') {
  const answer = await fetch(`${intake.api.url}/v1/events/batch${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const parsed = (await answer.json()) as { results: Result[] } & Result['problem'];
  return { status: answer.status, body: parsed, results: parsed.results };
}

const event = (key: string, more: object = {}) => ({
  key,
  source: 'ci',
  title: `Build ${key} failed`,
  ...more,
});

describe('a batch of events', () => {
  it('has a result for each, in order, as if it was sent alone', async () => {
    const { results, status } = await post({ events: [event('a'), event('b'), event('c')] });
    expect(status).toBe(200);
    expect(results.map((each) => [each.status, each.event?.key])).toEqual([
      [202, 'a'],
      [202, 'b'],
      [202, 'c'],
    ]);
    expect(intake.starts.map(({ workflowId }) => workflowId)).toEqual(['ci:a', 'ci:b', 'ci:c']);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', 'event'],
    ['a number', 1e308],
    ['a list', []],
    ['nothing', {}],
    ['no title', { key: 'x', source: 'ci' }],
    ['half of a surrogate pair', event('x', { text: '\ud83d' })],
    ['a key that is too long', event('x'.repeat(1_001))],
    ['labels that are none', event('x', { labels: [1] })],
    ['an own __proto__', JSON.parse('{"__proto__": {"key": "x"}, "title": "x"}')],
  ])('is accepted but for the one that is %s', async (_what, broken) => {
    const { results, status } = await post({ events: [event('first'), broken, event('last')] });
    expect(status).toBe(200);
    expect(results.map((each) => each.status)).toEqual([202, 400, 202]);
    expect(results[1]?.problem).toMatchObject({ type: 'invalid_request' });
    expect(results[1]?.problem?.errors?.length).toBeGreaterThan(0);
  });

  it('refuses alone one that is larger than an event may be', async () => {
    const raw = '😀'.repeat(300_000);
    const { results } = await post({
      events: [event('a'), event('large', { raw }), null, event('b')],
    });
    expect(results.map(({ status }) => status)).toEqual([202, 413, 400, 202]);
    expect(results[1]?.problem?.type).toBe('body_too_large');
    expect(intake.starts).toHaveLength(2);
  });

  it('names the field that was meant', async () => {
    const { results } = await post({ events: [event('a', { titel: 'x' }), event('b', { zz: 1 })] });
    expect(results[0]?.problem?.errors).toEqual([
      { field: '(whole body)', detail: 'there is no field "titel"; did you mean "title"?' },
    ]);
    expect(results[1]?.problem?.errors?.[0]?.detail).toContain('use key, source');
  });

  it('says 503 of those that Temporal did not take, and of no other', async () => {
    away = (id) => id === 'ci:b';
    const { results } = await post({ events: [event('a'), event('b'), event('c')] });
    expect(results.map((each) => each.status)).toEqual([202, 503, 202]);
  });

  it('does not wait for each of a thousand where Temporal is away', async () => {
    away = () => true;
    const events = Array.from({ length: 1_000 }, (_, at) => event(String(at)));
    const { results } = await post({ events });
    expect(results).toHaveLength(1_000);
    expect(new Set(results.map((each) => each.status))).toEqual(new Set([503]));
    expect(intake.calls.length).toBeLessThan(300);
  });

  it('explains its routes where that is asked', async () => {
    const { results } = await post({ events: [event('a')] }, '?explain=true');
    expect(results[0]?.event?.routes).toEqual([
      { route: 'told', takes: false, reason: expect.any(String) as string },
      { route: 'grouped', takes: false, reason: expect.any(String) as string },
      { route: 'rest', takes: true },
    ]);
  });

  it.each<[string, unknown, string]>([
    ['no list', {}, 'events'],
    ['an empty list', { events: [] }, 'events'],
    ['1,001 events', { events: Array.from({ length: 1_001 }, () => 1) }, 'events'],
    ['another field', { events: [event('a')], event: 1 }, '(whole body)'],
    ['null', 'null', '(whole body)'],
  ])('is refused as a whole with %s', async (_what, body, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.[0]?.field).toBe(field);
    expect(intake.starts).toEqual([]);
  });
});

describe('the acknowledgements of an event', () => {
  const planned = async (more: object) => {
    await post({ events: [event('a', more)] });
    return inputOf(intake.starts[0]) as {
      acknowledgements?: { recipient: { url: string }; events: string[] }[];
      unposted?: { plan?: { acknowledge?: { url: string } } };
    };
  };

  it('are those of its route', async () => {
    const { acknowledgements } = await planned({ severity: 'critical' });
    expect(acknowledgements).toMatchObject([
      { recipient: { kind: 'callback', url: `${CALLBACK}/route` }, events: ['message.confirmed'] },
    ]);
  });

  it('are those of its source where the route has none', async () => {
    const { acknowledgements } = await planned({});
    expect(acknowledgements).toMatchObject([{ recipient: { url: `${CALLBACK}/source` } }]);
  });

  it('go with the message of its group', async () => {
    const { acknowledgements, unposted } = await planned({ severity: 'warning' });
    expect(acknowledgements).toBeUndefined();
    expect(unposted?.plan?.acknowledge?.url).toBe(`${CALLBACK}/group`);
  });

  it.each<[string, object, object, string]>([
    [
      'a host that is not allowed',
      { url: 'https://other.example/x' },
      ACKNOWLEDGEMENTS,
      'routes.0.acknowledge.url: https://other.example is not on the allow-list',
    ],
    [
      'plain http to an allowed host',
      { url: 'http://hooks.example.com/x' },
      ACKNOWLEDGEMENTS,
      'routes.0.acknowledge.url',
    ],
    ['no secret to sign with', { url: CALLBACK }, {}, 'callbacks are not configured'],
    ['a password', { url: 'https://a:b@hooks.example.com' }, ACKNOWLEDGEMENTS, 'user name'],
    ['no address', {}, ACKNOWLEDGEMENTS, 'routes.0.acknowledge.url'],
    ['no events', { url: CALLBACK, events: [] }, ACKNOWLEDGEMENTS, 'routes.0.acknowledge.events'],
    ['a misspelt name', { url: CALLBACK, evens: [] }, ACKNOWLEDGEMENTS, 'did you mean "events"?'],
  ])('are refused at load with %s', (_what, acknowledge, acknowledgements, fault) => {
    const file = fileOf({ acknowledgements, routes: [{ name: 'r', to: [OPS], acknowledge }] });
    expect(() => loadConfiguration({ SENDPROOF_CONFIG: file, SLACK_BOT_TOKEN: 'x' })).toThrow(
      fault,
    );
  });
});
