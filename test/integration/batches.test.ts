/** Batches that are started in the background: first while no worker runs, then with one. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchBody } from '../../src/api/batchBody.js';
import { batchWorkflowId } from '../../src/contract/names.js';
import { describeBatch, isCancellationRequested } from '../../src/store/batches.js';
import { eventually } from '../eventually.js';
import { runSendproof } from '../sendproofCommand.js';
import { OPS, startHarness, type Answer, type Harness, type ProblemBody } from '../harness.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ workers: false });
});
afterAll(() => harness.close());

const message = (deduplicationKey: string, more: object = {}) => ({
  deduplicationKey,
  destinations: [OPS],
  content: { text: `text of ${deduplicationKey}` },
  ...more,
});

function sendBatch<Body = BatchBody>(
  messages: unknown[],
  key?: string,
  headers: Record<string, string> = {},
): Promise<Answer<Body>> {
  return harness.request<Body>(
    'POST',
    '/v1/messages/batch',
    { messages },
    { prefer: 'respond-async', ...(key !== undefined && { 'idempotency-key': key }), ...headers },
  );
}

async function read(id: string, query = ''): Promise<BatchBody> {
  const path = `/v1/batches/${encodeURIComponent(id)}${query}`;
  const { body, status } = await harness.request<BatchBody>('GET', path);
  expect(status).toBe(200);
  return body;
}

async function completed(id: string): Promise<BatchBody> {
  await eventually(async () => {
    expect(await read(id, '?results=none')).toMatchObject({ status: 'completed' });
  });
  return await read(id);
}

const outcomes = ({ results = [] }: BatchBody) => results.map(({ outcome }) => outcome);

/** So that nothing of it is posted here. */
const LATER = new Date(Date.now() + 3_600_000).toISOString();

/** Text that no compression makes shorter, so that Temporal takes the batch in several writes. */
const incompressible = (key: string) =>
  message(key, { content: { text: randomBytes(60_000).toString('base64') }, deliverAt: LATER });
const LARGE = Array.from({ length: 36 }, (_, index) => incompressible(`large-${index}`));

const MIXED = [
  message('first'),
  { nonsense: true },
  message('first'),
  message('first', { content: { text: 'something else' } }),
  message('nowhere', { destinations: ['slack:unknown/C0123ABC'] }),
  message('odd 🚨 ключ/%2F'),
  'no object',
  message('last'),
];

describe('while no worker runs', () => {
  it('is stored and answered at once, with its address', async () => {
    const { body, headers, status } = await sendBatch(MIXED, 'mixed', {
      traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`,
    });
    expect(status).toBe(202);
    expect(headers.get('location')).toBe('/v1/batches/mixed');
    expect(headers.get('preference-applied')).toBe('respond-async');
    expect(body).toMatchObject({
      id: 'mixed',
      status: 'queued',
      duplicate: false,
      total: 8,
      traceId: TRACE_ID,
      counts: { queued: 6, accepted: 0, duplicate: 0, refused: 2, cancelled: 0 },
    });
    const found = await read('mixed');
    expect(outcomes(found)).toEqual([
      'queued',
      'refused',
      'queued',
      'queued',
      'queued',
      'queued',
      'refused',
      'queued',
    ]);
    expect(found.results?.[1]?.problem?.errors?.map(({ field }) => field)).toContain(
      'destinations',
    );
    expect((await harness.request('GET', '/v1/messages/first')).status).toBe(404);
  });

  it('is the same batch when it is sent again, whatever the order of its fields', async () => {
    const reordered = MIXED.map((each) =>
      typeof each === 'string' ? each : Object.fromEntries(Object.entries(each).reverse()),
    );
    const again = await sendBatch(reordered, '"mixed"');
    expect(again.status).toBe(200);
    expect(again.headers.get('location')).toBe('/v1/batches/mixed');
    expect(again.body).toMatchObject({ id: 'mixed', duplicate: true, traceId: TRACE_ID });
  });

  it('is refused with the fields that differ where its key was used for other messages', async () => {
    const { body, status } = await sendBatch<ProblemBody>(
      [...MIXED.slice(0, -1), message('last', { content: { text: 'other', title: 'new' } })],
      'mixed',
    );
    expect(status).toBe(422);
    expect(body.type).toBe('deduplication_key_reused');
    expect(body.errors?.map(({ field }) => field)).toEqual([
      'messages.7.content.text',
      'messages.7.content.title',
    ]);
    const shorter = await sendBatch<ProblemBody>(MIXED.slice(1), 'mixed');
    expect(shorter.body.errors?.map(({ field }) => field)).toContain('messages');
  });

  it('needs no key to be the same batch', async () => {
    const messages = [message('keyless-1'), message('keyless-2')];
    const [one, other, third] = await Promise.all([
      sendBatch(messages),
      sendBatch(messages),
      sendBatch(messages),
    ]);
    expect([one, other, third].map(({ status }) => status).sort()).toEqual([200, 200, 202]);
    expect(new Set([one.body.id, other.body.id, third.body.id]).size).toBe(1);
    expect((await sendBatch([...messages].reverse())).body.id).not.toBe(one.body.id);
  });

  it('takes more than one request to Temporal where it is large, and tells it when sent again', async () => {
    const sent = await sendBatch(LARGE, 'large');
    expect(sent).toMatchObject({ status: 202, body: { total: LARGE.length } });
    const again = await sendBatch(LARGE, 'large');
    expect(again).toMatchObject({ status: 200 });
    const { events } = await harness.client.workflow
      .getHandle(batchWorkflowId('large'))
      .fetchHistory();
    const signals = events?.filter((event) => event.workflowExecutionSignaledEventAttributes);
    expect(signals).toHaveLength(1);
    expect((await read('large')).results).toHaveLength(LARGE.length);
  });

  it('has keys that the API refuses, and ids that nobody knows', async () => {
    for (const key of ['sendproof/x', '"a", "b"', ' ', '\t']) {
      expect((await sendBatch([message('refused')], key)).status).toBe(400);
    }
    const long = 'k'.repeat(255);
    const { body } = await sendBatch([message('long')], long);
    expect(body.id).toMatch(/^sha256-/);
    expect((await sendBatch([message('long')], long)).body.id).toBe(body.id);
    expect(await harness.request('GET', '/v1/batches/unknown')).toMatchObject({
      status: 404,
      body: { type: 'not_found' },
    });
    expect((await harness.request('GET', '/v1/batches/large?results=some')).status).toBe(400);
  });

  it('is malformed as a whole, as any batch', async () => {
    for (const body of [{}, { messages: [] }, { messages: {} }, [], null]) {
      const prefer = { prefer: 'RESPOND-ASYNC, wait=5' };
      const answer = await harness.request('POST', '/v1/messages/batch', body, prefer);
      expect(answer).toMatchObject({ status: 400, body: { type: 'invalid_request' } });
    }
  });

  it('can be cancelled, and then nothing of it is started', async () => {
    await sendBatch([message('stopped-1'), message('stopped-2')], 'stopped');
    expect((await harness.request('DELETE', '/v1/batches/stopped?by=ana')).status).toBe(202);
    // As the starting of messages asks it.
    const isCancelled = async (id: string) => {
      const { runId = '' } = (await describeBatch(harness.client, id)) ?? {};
      return await isCancellationRequested(harness.client, {
        workflowId: batchWorkflowId(id),
        runId,
      });
    };
    expect([await isCancelled('stopped'), await isCancelled('large')]).toEqual([true, false]);
  });
});

describe('once a worker runs', () => {
  beforeAll(async () => {
    await harness.startWorkers();
  });

  it('starts each message as if it was sent alone, and has a result for each, in order', async () => {
    const batch = await completed('mixed');
    expect(batch).toMatchObject({
      total: 8,
      counts: { queued: 0, accepted: 3, duplicate: 1, refused: 4, cancelled: 0 },
    });
    expect(batch.results).toMatchObject([
      { deduplicationKey: 'first', outcome: 'accepted', status: 202 },
      { outcome: 'refused', status: 400, problem: { type: 'invalid_request' } },
      { deduplicationKey: 'first', outcome: 'duplicate', status: 200 },
      {
        deduplicationKey: 'first',
        outcome: 'refused',
        status: 422,
        problem: { errors: [{ field: 'content.text' }] },
      },
      {
        deduplicationKey: 'nowhere',
        outcome: 'refused',
        status: 400,
        problem: { errors: [{ field: 'destinations.0' }] },
      },
      { deduplicationKey: 'odd 🚨 ключ/%2F', outcome: 'accepted' },
      { outcome: 'refused', status: 400 },
      { deduplicationKey: 'last', outcome: 'accepted' },
    ]);
    expect(batch.explanation).toMatch(/3 accepted, 1 duplicate and 4 refused/);
    for (const key of ['first', 'odd 🚨 ключ/%2F', 'last']) {
      expect(await harness.waitForStatus(key, 'confirmed')).toMatchObject({ traceId: TRACE_ID });
    }
    const refused = await read('mixed', '?results=refused');
    expect(outcomes(refused)).toEqual(Array(4).fill('refused'));
    // Sent alone, it is a duplicate that differs in nothing.
    const alone = await harness.send(message('first'));
    expect(alone).toMatchObject({ status: 200, body: { duplicate: true } });
    expect(alone.body.ignored).toBeUndefined();
  });

  it('starts all of a large batch', async () => {
    const batch = await completed('large');
    expect(outcomes(batch)).toEqual(Array(LARGE.length).fill('accepted'));
  });

  it('starts nothing of a batch that was cancelled before', async () => {
    await eventually(async () => {
      expect(await read('stopped')).toMatchObject({
        status: 'cancelled',
        counts: { cancelled: 2 },
        results: [{ outcome: 'cancelled' }, { outcome: 'cancelled' }],
      });
    });
    expect((await harness.request('GET', '/v1/messages/stopped-1')).status).toBe(404);
    const again = await harness.request('DELETE', '/v1/batches/stopped');
    expect(again).toMatchObject({ status: 409, body: { type: 'nothing_to_cancel' } });
  });

  it('keeps the order of a conversation, with the times at which its messages were sent', async () => {
    const before = new Date();
    const conversation = { key: 'talk', mode: 'reply' };
    const keys = Array.from({ length: 12 }, (_, index) => `said-${index}`);
    const { body } = await sendBatch(
      keys.map((key) => message(key, { deliverAt: LATER, conversation })),
    );
    const after = new Date();
    await completed(body.id);
    const states = await Promise.all(keys.map((key) => harness.message(key)));
    const times = states.map((state) => state.conversation?.at ?? '');
    expect(times).toEqual([...new Set(times)].sort());
    const starts = states.map(({ acceptedAt }) => acceptedAt);
    expect(starts).toEqual([...starts].sort());
    for (const time of times) {
      expect(Date.parse(time)).toBeGreaterThanOrEqual(before.getTime());
      expect(Date.parse(time)).toBeLessThanOrEqual(after.getTime());
    }
  });

  it('has a page with its progress and what was refused', async () => {
    const page = await harness.request<string>('GET', '/batches/mixed');
    expect(page.status).toBe(200);
    expect(page.body).toContain('3 accepted, 1 duplicate and 4 refused');
    expect(page.body).toContain('nowhere');
    expect(page.body).toContain('destinations.0');
    expect((await harness.request('GET', '/batches/unknown')).status).toBe(404);
  });

  it('is sent from a file by the command, and followed', async () => {
    const sendproof = (args: string[], stdin = '') =>
      runSendproof(args, { environment: { SENDPROOF_URL: harness.api.url }, stdin });
    const lines = ['cli-1', 'cli-2'].map((key) => JSON.stringify(message(key))).join('\r\n\n');
    const sent = await sendproof(['send-batch', '-', '--key', 'from ä file', '--wait'], lines);
    expect(sent).toMatchObject({ exitCode: 0, stderr: '' });
    expect(sent.stdout).toContain('2 accepted');
    const again = await sendproof(['send-batch', '-', '--key', 'from ä file', '--json'], lines);
    expect(JSON.parse(again.stdout)).toMatchObject({
      batches: [{ id: 'from ä file', duplicate: true, total: 2 }],
    });
    const shown = await sendproof(['batch', 'mixed', '--wait']);
    expect(shown).toMatchObject({ exitCode: 1 });
    expect(shown.stdout).toMatch(/refused nowhere\n +destinations\.0:/);
    expect(await sendproof(['batch', 'mixed', '--cancel'])).toMatchObject({ exitCode: 1 });
    expect(await sendproof(['batch', 'unknown'])).toMatchObject({ exitCode: 1 });
    for (const [text, said] of [
      ['{"a":1}\nnonsense', 'Line 2'],
      ['[]', 'Line 1'],
      [' \n', 'no message'],
    ] as const) {
      const refused = await sendproof(['send-batch', '-'], text);
      expect(refused).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining(said) as string,
      });
    }
  });
});
