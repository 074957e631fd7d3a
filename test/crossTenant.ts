/** Two tenants: one with messages in every state, and one that tries to learn of them. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { eventually } from './eventually.js';
import { OPS, startHarness, type Answer, type Harness } from './harness.js';
import { ask, requestsAbout, signIn, type Asked } from './tenantRequests.js';
import { entry, valueOf } from './unit/keysApi.js';

/**
 * In the name of the key that sends, which is in the status of each message and in each decision, in titles, texts, links and
 * reasons. No request of the other tenant has it, so whatever shows it has leaked.
 */
export const MARKER = 'mrkr5e1f';

const OURS = valueOf(`ours-${MARKER}`);
const THEIRS = valueOf('theirs');
const TOKEN = 'x'.repeat(32);
const MOST_TRIES = 5;
const PREFIX = 'sendproof/tenant/ours/';

/** The keys and ids of the first tenant, as it knows them. */
const MESSAGES = [
  ...['ops-7', 'ops-7-parked', 'ops-7-planned', 'ops-7-cancelled', 'ops-7-expired'],
  ...['ops-7-discarded', 'ops-7-first', 'ops-7-late', 'ops-7-in-batch'],
  ...['hook:7', 'ops:night', 'ops:many'],
];
const STATUSES: Record<string, string> = {
  'ops-7': 'confirmed',
  'ops-7-parked': 'dead_lettered',
  'ops-7-planned': 'accepted',
  'ops-7-cancelled': 'cancelled',
  'ops-7-expired': 'expired',
  'ops-7-discarded': 'discarded',
  'ops-7-first': 'confirmed',
  'ops-7-late': 'superseded',
  'ops-7-in-batch': 'confirmed',
  'hook:7': 'confirmed',
  'ops:night': 'muted',
  'ops:many': 'grouped',
};
const CONVERSATION = 'incident';
const BATCH = 'nightly';
const DECISION = 'decision-7';
export const IDS = [...MESSAGES, CONVERSATION, BATCH, DECISION];

/** One of each kind. */
export const SOME_IDS = ['ops-7-parked', CONVERSATION, BATCH, DECISION];

export interface CrossTenant {
  harness: Harness;
  /** Asks as the other tenant. Throws where the answer has anything of the first one. */
  askAsOther(asked: Asked): Promise<{ status: number; text: string }>;
  /** Asks with the key of the first tenant. */
  askAsOwner<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>>;
  /** Opens one of the pages with a session of the first tenant. */
  openAsOwner(path: string): Promise<string>;
  /** Throws where a message of the first tenant has another status than it had. */
  assertUnchanged(): Promise<void>;
}

export async function startCrossTenant(): Promise<CrossTenant> {
  const source = { type: 'generic', token: { env: 'HOOK_TOKEN' } };
  const map = { key: '{{ body.id }}', title: '{{ body.title }}' };
  const harness = await startHarness({
    environment: { HOOK_TOKEN: TOKEN },
    retry: { attempts: 1 },
    settings: {
      keys: [
        entry(`ours-${MARKER}`, ['admin'], { tenant: 'ours' }),
        // Of all names, SQLite takes this one for the same most easily.
        entry('theirs', ['admin'], { tenant: 'Ours' }),
      ],
      sources: { hook: { ...source, map, tenant: 'ours' } },
      routes: [
        { name: 'night', match: { 'labels.how': 'mute' }, mute: { timeZone: 'UTC' }, to: [OPS] },
        { name: 'many', match: { 'labels.how': 'group' }, group: { window: '1h' }, to: [OPS] },
        { name: 'rest', to: [OPS] },
      ],
    },
  });
  const askAsOwner: CrossTenant['askAsOwner'] = (method, path, body) =>
    harness.request(method, path, body, { authorization: `Bearer ${OURS}` });
  const statusOf = async (key: string) => {
    const path = `/v1/messages/${encodeURIComponent(key)}`;
    return (await askAsOwner<{ status?: string }>('GET', path)).body.status;
  };
  const assertUnchanged = async (): Promise<void> => {
    for (const [key, status] of Object.entries(STATUSES)) {
      expect([key, await statusOf(key)]).toEqual([key, status]);
    }
  };
  await populate(harness, askAsOwner);
  for (const key of MESSAGES) {
    await eventually(async () => {
      expect([key, await statusOf(key)]).toEqual([key, STATUSES[key]]);
    });
  }
  // Visibility lags behind.
  await eventually(async () => {
    const { body } = await askAsOwner<{ messages: unknown[] }>('GET', '/v1/messages?limit=100');
    expect(body.messages).toHaveLength(MESSAGES.length);
    const parked = await askAsOwner<{ messages: unknown[] }>('GET', '/v1/dead-letters');
    expect(parked.body.messages).toHaveLength(1);
  });
  const other = { key: THEIRS, cookie: await signIn(harness.api.url, THEIRS) };
  const askAsOther: CrossTenant['askAsOther'] = async (asked) => {
    let answer = await ask(harness.api.url, asked, other);
    // Temporal, or a worker, had no time for it: that says nothing of whose it is.
    for (let tries = 1; answer.status === 503 && tries < MOST_TRIES; tries += 1) {
      answer = await ask(harness.api.url, asked, other);
    }
    const { headers, status, text } = answer;
    const all = text + JSON.stringify([...headers]);
    if (all.includes(MARKER) || status === 500) {
      throw new Error(`${asked.method} ${asked.path} was answered ${status}: ${all}`);
    }
    return { status, text };
  };
  const openAsOwner: CrossTenant['openAsOwner'] = async (path) => {
    const cookie = await signIn(harness.api.url, OURS);
    const answer = await fetch(harness.api.url + path, { headers: { cookie } });
    return await answer.text();
  };
  return { harness, askAsOwner, askAsOther, assertUnchanged, openAsOwner };
}

async function populate({ api, sandbox }: Harness, ask: CrossTenant['askAsOwner']): Promise<void> {
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const message = (deduplicationKey: string, more: object = {}) => ({
    ...{ deduplicationKey, destinations: [OPS] },
    content: { title: `title ${MARKER}`, text: `text ${MARKER}` },
    correlation: { source: 'ops', reference: '7', url: `https://example.com/${MARKER}` },
    ...more,
  });
  const accepted = async (path: string, body: unknown): Promise<void> => {
    expect((await ask('POST', path, body)).status).toBe(202);
  };
  const send = (key: string, more?: object) => accepted('/v1/messages', message(key, more));
  const settled = async (key: string, status: string): Promise<void> => {
    await eventually(async () => {
      const { body } = await ask<{ status: string }>('GET', `/v1/messages/${key}`);
      expect(body.status).toBe(status);
    });
  };
  await send('ops-7');
  await send('ops-7-planned', { deliverAt: later });
  await send('ops-7-cancelled', { deliverAt: later });
  await ask('DELETE', '/v1/messages/ops-7-cancelled');
  await send('ops-7-expired', { expiresAt: '2026-01-01T00:00:00Z' });
  await settled('ops-7', 'confirmed');
  const conversation = { key: CONVERSATION, at: '2026-01-02T00:00:00Z' };
  await send('ops-7-first', { conversation });
  await settled('ops-7-first', 'confirmed');
  await send('ops-7-late', { conversation: { ...conversation, at: '2026-01-01T00:00:00Z' } });
  const event = (key: string, how: string) => ({
    ...{ key, source: 'ops', reference: '7', title: `title ${MARKER}`, labels: { how } },
  });
  await accepted('/v1/events', event('night', 'mute'));
  await accepted('/v1/events', event('many', 'group'));
  const hook = await fetch(new URL(`/v1/sources/hook/${TOKEN}`, api.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: '7', title: `title ${MARKER}` }),
  });
  expect(hook.status).toBe(202);
  const batch = await fetch(new URL('/v1/messages/batch', api.url), {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${OURS}`, 'content-type': 'application/json' },
      ...{ prefer: 'respond-async', 'idempotency-key': BATCH },
    },
    body: JSON.stringify({ messages: [message('ops-7-in-batch')] }),
  });
  expect(batch.status).toBe(202);
  await settled('ops-7-in-batch', 'confirmed');
  await settled('hook:7', 'confirmed');
  const fault = sandbox.addFault({
    ...{ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' },
  });
  await send('ops-7-discarded');
  await settled('ops-7-discarded', 'dead_lettered');
  const decision = { filter: {}, by: 'ada', reason: `reason ${MARKER}`, id: DECISION };
  await eventually(async () => {
    expect((await ask('POST', '/v1/dead-letters/discard', decision)).status).toBe(202);
  });
  await settled('ops-7-discarded', 'discarded');
  await send('ops-7-parked');
  await settled('ops-7-parked', 'dead_lettered');
  sandbox.removeFault(fault);
}

/** Both forms of an id, and texts that are nearly one. */
const idForms = fc
  .constantFrom(...IDS)
  .chain((id) =>
    fc.constantFrom(
      ...[id, PREFIX + id, PREFIX.toUpperCase() + id, `${PREFIX}${id}`.replace('ours', 'Ours')],
      ...[id.slice(0, -1), `../ours/${id}`, `${id}%`, `${PREFIX}%`, '_', encodeURIComponent(id)],
      ...[`sendproof/batch/${PREFIX}${id}`, `sendproof/tenant/theirs/${PREFIX}${id}`, 'dlq/' + OPS],
    ),
  );

/** Of all operations and pages, for ids of the first tenant. */
export const randomRequest: fc.Arbitrary<Asked> = idForms.chain((id) =>
  fc.constantFrom(...requestsAbout(id)),
);

/** Every operation and page for each of these ids, in both forms. */
export function requestsAboutAll(ids: readonly string[]): Asked[] {
  return ids.flatMap((id) => [...requestsAbout(id), ...requestsAbout(PREFIX + id)]);
}
