import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  OPS,
  startHarness,
  type Harness,
  type MessageState,
  type ProblemBody,
} from '../harness.js';
import { eventually } from '../eventually.js';
import { runSendproof } from '../sendproofCommand.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

const HOUR_MS = 3_600_000;
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const message = (deduplicationKey: string, more: object = {}) => ({
  deduplicationKey,
  destinations: [OPS],
  content: { text: deduplicationKey },
  ...more,
});

function patch<Body = MessageState>(key: string, body: unknown) {
  return harness.request<Body>('PATCH', `/v1/messages/${key}`, body);
}

function postsOf(key: string): number {
  return harness.sandbox.posts().filter(({ text }) => text.includes(key)).length;
}

describe('a message that has not begun', () => {
  it('is posted at the new time, when that is earlier', async () => {
    await harness.send(message('earlier', { deliverAt: inMs(24 * HOUR_MS) }));
    const deliverAt = inMs(1_500);
    const answer = await patch('earlier', { deliverAt, by: 'ana', reason: 'it is urgent' });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        status: 'accepted',
        deliverAt,
        operatorActions: [{ action: 'reschedule', by: 'ana', reason: 'it is urgent', deliverAt }],
      },
    });
    const { deliveries } = await harness.waitForStatus('earlier', 'confirmed');
    expect(deliveries[0]?.attempts[0]?.startedAt).toSatisfy((at: string) => at >= deliverAt);
    expect(postsOf('earlier')).toBe(1);
  });

  it('is not posted at the old time, when the new one is later', async () => {
    const sentFor = inMs(3_000);
    await harness.send(message('later', { deliverAt: sentFor }));
    const deliverAt = inMs(HOUR_MS);
    expect((await patch('later', { deliverAt })).status).toBe(200);
    await eventually(() => expect(Date.now()).toBeGreaterThan(Date.parse(sentFor) + 1_000));
    expect(await harness.message('later')).toMatchObject({ status: 'accepted', deliverAt });
    expect(postsOf('later')).toBe(0);

    const timeline = await harness.request<{ entries: { kind: string; at: string }[] }>(
      'GET',
      '/v1/messages/later/timeline',
    );
    expect(timeline.body.entries).toMatchObject([
      { kind: 'received' },
      { kind: 'reschedule', deliverAt },
      { kind: 'deliver_at', at: deliverAt },
    ]);
    const page = await harness.request<string>('GET', '/messages/later');
    expect(page.body).toContain(`Rescheduled to ${deliverAt}`);

    expect((await patch('later', { deliverAt: null })).status).toBe(200);
    await harness.waitForStatus('later', 'confirmed');
    expect(postsOf('later')).toBe(1);
  });

  it('expires at the new time, or not at all', async () => {
    const times = { deliverAt: inMs(HOUR_MS), expiresAt: inMs(2 * HOUR_MS) };
    await harness.send(message('expires', times));
    const unlimited = await patch('expires', { expiresAt: null });
    expect(unlimited.body.expiresAt).toBeUndefined();
    expect(unlimited.body.deliverAt).toBe(times.deliverAt);
    await patch('expires', { deliverAt: null, expiresAt: inMs(-1_000) });
    await harness.waitForStatus('expires', 'expired');
    expect(postsOf('expires')).toBe(0);
  });

  it('can be rescheduled from the command line', async () => {
    await harness.send(message('by-cli', { deliverAt: inMs(HOUR_MS) }));
    const environment = { SENDPROOF_URL: harness.api.url };
    const done = await runSendproof(['reschedule', 'by-cli', '--deliver-at', 'now'], {
      environment,
    });
    expect(done).toMatchObject({ exitCode: 0 });
    await harness.waitForStatus('by-cli', 'confirmed');
    const none = await runSendproof(['reschedule', 'by-cli'], { environment });
    expect(none).toMatchObject({ exitCode: 2 });
    const late = await runSendproof(['reschedule', 'by-cli', '--deliver-at', 'now'], {
      environment,
    });
    expect(late.exitCode).toBe(1);
    expect(late.stderr).toContain('can’t be rescheduled');
  });

  it('can be cancelled after that', async () => {
    await harness.send(message('cancelled', { deliverAt: inMs(HOUR_MS) }));
    await patch('cancelled', { deliverAt: inMs(2 * HOUR_MS) });
    await harness.request('DELETE', '/v1/messages/cancelled');
    await harness.waitForStatus('cancelled', 'cancelled');
    expect(await patch('cancelled', { deliverAt: null })).toMatchObject({ status: 409 });
  });
});

describe('a reschedule is refused', () => {
  it('once the message has begun, and when it has ended', async () => {
    harness.sandbox.addFault({ kind: 'slow', delayMs: 2_000, platform: 'slack', times: 1 });
    await harness.send(message('begun'));
    await harness.waitForStatus('begun', 'delivering');
    for (const status of ['delivering', 'confirmed'] as const) {
      await harness.waitForStatus('begun', status);
      const answer = await patch<ProblemBody>('begun', { deliverAt: inMs(HOUR_MS) });
      expect(answer).toMatchObject({ status: 409, body: { type: 'nothing_to_reschedule' } });
    }
    expect(postsOf('begun')).toBe(1);
  });

  it('for a key that no message has', async () => {
    expect(await patch('nobody', { deliverAt: null })).toMatchObject({ status: 404 });
  });

  it.each<[string, unknown, string]>([
    ['without a time', {}, '(whole body)'],
    ['with a time that is none', { deliverAt: 'tomorrow' }, 'deliverAt'],
    ['beyond a year', { deliverAt: '2100-01-01T00:00:00Z' }, 'deliverAt'],
    ['with an expiry before it', { deliverAt: inMs(3 * HOUR_MS) }, 'expiresAt'],
    ['with another field', { deliverAt: null, content: { text: 'x' } }, '(whole body)'],
  ])('%s', async (_, body, field) => {
    const times = { deliverAt: inMs(HOUR_MS), expiresAt: inMs(2 * HOUR_MS) };
    await harness.send(message('refused', times));
    const answer = await patch<ProblemBody>('refused', body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.map((error) => error.field)).toEqual([field]);
    expect((await harness.message('refused')).deliverAt).toMatch(/^2/);
  });
});

describe('a duplicate', () => {
  const original = { deliverAt: inMs(24 * HOUR_MS), expiresAt: inMs(48 * HOUR_MS), priority: 2 };

  it.each<[string, object, string[] | undefined]>([
    ['nothing', {}, undefined],
    ['the offset of a time', { deliverAt: original.deliverAt.replace('Z', '+00:00') }, undefined],
    ['deliverAt', { deliverAt: inMs(HOUR_MS) }, ['deliverAt']],
    ['that it is for now', { deliverAt: undefined }, ['deliverAt']],
    ['expiresAt', { expiresAt: inMs(49 * HOUR_MS) }, ['expiresAt']],
    [
      'priority and onAmbiguous',
      { priority: 1, onAmbiguous: 'dead_letter' },
      ['priority', 'onAmbiguous'],
    ],
    ['retryProfile', { retryProfile: 'page' }, ['retryProfile']],
    [
      'a fallback',
      { destinations: [{ destination: OPS, fallback: ['slack:default/C0456DEF'] }] },
      ['destinations.fallback'],
    ],
  ])('that differs in %s is told what is ignored', async (_, change, ignored) => {
    await harness.send(message('original', original));
    const { status, body } = await harness.send(message('original', { ...original, ...change }));
    expect(status).toBe(200);
    expect(body.ignored).toEqual(ignored);
    for (const field of ignored ?? []) expect(body.explanation).toContain(field);
  });

  it('is compared with the times that the original was rescheduled to', async () => {
    const sent = message('moved', { deliverAt: inMs(24 * HOUR_MS) });
    await harness.send(sent);
    const deliverAt = inMs(25 * HOUR_MS);
    await patch('moved', { deliverAt });
    expect((await harness.send(sent)).body.ignored).toEqual(['deliverAt']);
    expect((await harness.send({ ...sent, deliverAt })).body.ignored).toBeUndefined();
  });

  it('of other content is refused, whatever its times', async () => {
    const other = { ...message('original', original), content: { text: 'the disk is full' } };
    expect((await harness.send({ ...other, deliverAt: undefined })).status).toBe(422);
  });
});
