/** Content that Temporal only has encrypted: everything works, and nothing shows it to who has no key. */
import { randomBytes, randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { temporal } from '@temporalio/proto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchBody } from '../../src/api/batchBody.js';
import type { MessagePage } from '../../src/store/search/messageSearch.js';
import { eventually } from '../eventually.js';
import { OPS, startHarness, type Harness, type ProblemBody } from '../harness.js';

const { GetWorkflowExecutionHistoryResponse, ListWorkflowExecutionsResponse } =
  temporal.api.workflowservice.v1;

const MARKER = `marker-${randomUUID()}`;
const environment = Object.fromEntries(
  ['KEY_1', 'KEY_2', 'KEY_3'].map((name) => [name, randomBytes(32).toString('base64')]),
);
const encryptedWith = (...ids: string[]) => ({
  keys: ids.map((id) => ({ id, key: { env: `KEY_${id.slice(1)}` } })),
});

let logged = '';
const log = pino(
  { level: 'debug' },
  new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logged += chunk.toString();
      done();
    },
  }),
);

let harness: Harness;
beforeAll(async () => {
  const before = await startHarness({ settings: { encryption: undefined } });
  await park(before, 'sent-before');
  await before.close();
  harness = await startHarness({
    environment,
    log,
    namespace: before.namespace,
    settings: { encryption: encryptedWith('k1') },
  });
});
afterAll(() => harness.close());

const message = (deduplicationKey: string, more: object = {}) => ({
  deduplicationKey,
  destinations: [OPS],
  content: { text: `${MARKER} of ${deduplicationKey}`, title: `title ${MARKER}` },
  ...more,
});

/** Sends a message that Slack refuses once, and waits until it is parked. */
async function park(at: Harness, key: string): Promise<void> {
  at.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
    operation: 'chat.postMessage',
    times: 1,
  });
  await at.send({ deduplicationKey: key, destinations: [OPS], content: { text: key } });
  await at.waitForStatus(key, 'dead_lettered');
}

/** All that Temporal gives of the namespace: the lists, and the histories. */
async function everythingInTemporal(): Promise<Buffer> {
  const { client, namespace } = harness;
  const list = await client.workflowService.listWorkflowExecutions({ namespace });
  const histories = await Promise.all(
    list.executions.map(async ({ execution }) =>
      GetWorkflowExecutionHistoryResponse.encode(
        await client.workflowService.getWorkflowExecutionHistory({ namespace, execution }),
      ).finish(),
    ),
  );
  return Buffer.concat([ListWorkflowExecutionsResponse.encode(list).finish(), ...histories]);
}

describe('with encryption', () => {
  it('a message of before is read, decided on, and posted', async () => {
    expect(await harness.message('sent-before')).toMatchObject({ status: 'dead_lettered' });
    await harness.request('POST', '/v1/messages/sent-before/retry', { by: 'Ada' });
    await harness.waitForStatus('sent-before', 'confirmed');
  });

  it('a message is posted, read, found, retried and recognised', async () => {
    harness.sandbox.addFault({ kind: 'http_error', status: 503, platform: 'slack', times: 1 });
    const sent = message('posted', { correlation: { source: 'ci', reference: '7' } });
    await harness.send(sent);
    await harness.waitForStatus('posted', 'confirmed');
    expect(harness.sandbox.posts().at(-1)?.text).toContain(MARKER);
    const timeline = await harness.request('GET', '/v1/messages/posted/timeline');
    expect(timeline.body).toMatchObject({ known: true, status: 'confirmed' });
    expect((await harness.send(sent)).body).toMatchObject({ duplicate: true });
    await eventually(async () => {
      const { body } = await harness.request<MessagePage>('GET', '/v1/messages?q=ci+7');
      expect(body.messages).toMatchObject([{ deduplicationKey: 'posted' }]);
    });
  });

  it('a dead letter is listed with its reason, and discarded with one', async () => {
    await park(harness, 'discarded');
    await eventually(async () => {
      const { body } = await harness.request<MessagePage>('GET', '/v1/dead-letters');
      expect(body.messages).toMatchObject([
        { deduplicationKey: 'discarded', deadLetters: [{ reason: 'not_authorised' }] },
      ]);
    });
    const decision = { by: 'Ada', reason: `because ${MARKER}` };
    await harness.request('POST', '/v1/messages/discarded/discard', decision);
    const state = await harness.waitForStatus('discarded', 'discarded');
    expect(JSON.stringify(state)).toContain(`because ${MARKER}`);
  });

  it('a message is cancelled with a reason', async () => {
    const deliverAt = new Date(Date.now() + 3_600_000).toISOString();
    await harness.send(message('cancelled', { deliverAt }));
    const why = new URLSearchParams({ by: 'Ada', reason: `no more ${MARKER}` });
    await harness.request('DELETE', `/v1/messages/cancelled?${why.toString()}`);
    expect(await harness.waitForStatus('cancelled', 'cancelled')).toMatchObject({
      operatorActions: [{ action: 'cancel', by: 'Ada', reason: `no more ${MARKER}` }],
    });
  });

  it('a conversation is edited', async () => {
    for (const state of ['first', 'second']) {
      await harness.send(message(state, { conversation: { key: 'incident', mode: 'update' } }));
      await harness.waitForStatus(state, 'confirmed');
    }
    const texts = harness.sandbox.posts().map(({ text }) => text);
    expect(texts.filter((text) => text.includes('of second'))).toHaveLength(1);
    expect(texts.filter((text) => text.includes('of first'))).toHaveLength(0);
  });

  it('a batch is started in the background', async () => {
    const messages = [
      message('batch-1'),
      message('batch-2', { destinations: [`${OPS}-${MARKER}`] }),
    ];
    const headers = { prefer: 'respond-async', 'idempotency-key': 'batch' };
    await harness.request('POST', '/v1/messages/batch', { messages }, headers);
    await eventually(async () => {
      const { body } = await harness.request<BatchBody>('GET', '/v1/batches/batch');
      expect(body.results?.map(({ outcome }) => outcome)).toEqual(['accepted', 'refused']);
    });
    await harness.waitForStatus('batch-1', 'confirmed');
  });

  it('nothing of what was said is in Temporal, the log or the metrics', async () => {
    const stored = await everythingInTemporal();
    expect(stored.includes('binary/encrypted')).toBe(true);
    expect(stored.includes('Encoded failure')).toBe(true);
    // What was sent before is the only text in clear, and shows that texts are found here.
    expect(stored.includes('sent-before')).toBe(true);
    expect(stored.includes(MARKER)).toBe(false);
    const { body } = await harness.request<string>('GET', '/metrics');
    expect(body).toContain('sendproof_content_encrypted 1');
    expect(body).toContain('sendproof_unreadable_payloads_total 0');
    expect(body).not.toContain(MARKER);
    expect(logged).not.toContain(MARKER);
  });
});

describe('without the key', () => {
  let other: Harness;
  beforeAll(async () => {
    await park(harness, 'lost');
    other = await startHarness({
      environment,
      namespace: harness.namespace,
      settings: { encryption: encryptedWith('k2') },
      workers: false,
    });
  });
  afterAll(() => other.close());

  const LOST =
    'Its content is encrypted with the key k1, which this installation doesn’t have. Add the key under encryption.keys.';

  it('lists say so of each message, and show the others', async () => {
    const deliverAt = new Date(Date.now() + 3_600_000).toISOString();
    await other.send(message('readable', { deliverAt }));
    await eventually(async () => {
      const { body } = await other.request<MessagePage>('GET', '/v1/messages');
      const found = new Map(body.messages.map((each) => [each.deduplicationKey, each.unreadable]));
      expect(found.get('posted')).toBe(LOST);
      expect(found.get('lost')).toBe(LOST);
      expect(found.has('readable')).toBe(true);
      expect(found.get('readable')).toBeUndefined();
    });
    const { body } = await other.request<MessagePage>('GET', '/v1/dead-letters');
    expect(body.messages).toMatchObject([
      {
        deduplicationKey: 'lost',
        deadLetters: [{ destination: OPS, reason: 'not_authorised', detail: LOST }],
      },
    ]);
  });

  it('a message, its timeline and a second one with its key are refused with the reason', async () => {
    const answers = [
      await other.request<ProblemBody>('GET', '/v1/messages/posted'),
      await other.request<ProblemBody>('GET', '/v1/messages/posted/timeline'),
      await other.request<ProblemBody>('POST', '/v1/messages', message('posted')),
    ];
    for (const { body, status } of answers) {
      expect(status).toBe(503);
      expect(body).toMatchObject({ type: 'content_unreadable', detail: LOST });
    }
    const page = await other.request<string>('GET', '/messages/posted');
    expect(page.body).toContain('encrypted with the key k1');
  });

  it('readiness says so', async () => {
    const { body } = await other.request<{ warnings: string[] }>('GET', '/readyz');
    expect(body.warnings).toEqual([
      `Some messages can’t be read. ${LOST.replace('Its content', 'Their content')}`,
    ]);
  });

  it('a message is decided on as before once the key is there, beside a newer one', async () => {
    const rotated = await startHarness({
      environment,
      namespace: harness.namespace,
      settings: { encryption: encryptedWith('k2', 'k1') },
    });
    try {
      await harness.close();
      await rotated.request('POST', '/v1/messages/lost/retry', { by: 'Ada' });
      await rotated.waitForStatus('lost', 'confirmed');
      expect(await rotated.message('readable')).toMatchObject({ status: 'accepted' });
    } finally {
      await rotated.close();
    }
  });
});
