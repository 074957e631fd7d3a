import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type { z } from 'zod';
import type { timelineSchema } from '../../src/api/schema/timelineRepresentation.js';
import { readAcknowledgements } from '../../src/store/acknowledgementProgress.js';
import { answer, CallbackReceiver, signingSecret, type Behaviour } from '../callbackReceiver.js';
import { INCIDENTS, OPS, startHarness, type Harness, type ProblemBody } from '../harness.js';
import type { AcknowledgementState } from '../../src/domain/messageState.js';

const INCIDENT = 'Q1A2B3C4D5';
const INCIDENT_URL = `https://example.pagerduty.com/incidents/${INCIDENT}`;
/** Where clouds keep the credentials of their machines: never to be called, even by somebody who put it on the list. */
const METADATA = 'http://169.254.169.254';

type Timeline = z.infer<typeof timelineSchema>;

let directory: string;
let receiver: CallbackReceiver;
let harness: Harness;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-acknowledgements-'));
  receiver = await CallbackReceiver.start();
  const secrets = [
    await secretFile('secret', receiver.secret),
    await secretFile('old-secret', signingSecret()),
  ];
  const attempts = { initialDelay: '50ms', maximumDelay: '200ms' };
  harness = await startHarness({
    sandboxSettings: ({ pagerDutyApiUrl: apiUrl }) => ({
      retry: {
        default: { ...attempts, attempts: 2 },
        quick: { ...attempts, attempts: 1_000, giveUpAfter: '1h' },
      },
      acknowledgements: {
        secret: secrets,
        allowedHosts: [receiver.origin, METADATA],
        allowPrivate: ['127.0.0.1'],
        retry: 'quick',
        requestTimeout: '1s',
      },
      sources: {
        nightly: { acknowledge: { url: receiver.url, events: ['message.dead_lettered'] } },
        pagerduty: {
          pagerduty: { apiUrl, token: { file: join(directory, 'token') }, from: 'bot@example.com' },
        },
      },
    }),
  });
  await secretFile('token', harness.sandbox.pagerDutyToken);
});
afterAll(async () => {
  await harness.close();
  await receiver.down();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  harness.sandbox.reset();
  receiver.behaviours.length = 0;
});

async function secretFile(name: string, secret: string): Promise<{ file: string }> {
  const file = join(directory, name);
  await writeFile(file, secret);
  return { file };
}

function message(key: string, more: object = {}) {
  return {
    deduplicationKey: key,
    destinations: [OPS],
    content: { text: `what only ${key} says` },
    acknowledge: { url: receiver.url },
    ...more,
  };
}

/** Sends a message that Slack refuses once, and waits until it is parked. */
async function park(key: string, more: object = {}): Promise<void> {
  harness.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
    operation: 'chat.postMessage',
    times: 1,
  });
  await harness.send(message(key, more));
  await harness.waitForStatus(key, 'dead_lettered');
}

async function acknowledgementsOf(key: string): Promise<AcknowledgementState[]> {
  const { events } = await harness.client.workflow.getHandle(key).fetchHistory();
  return await readAcknowledgements(harness.client, events ?? []);
}

/** Resolves with the message's acknowledgements once each of them is over. */
async function settled(key: string): Promise<AcknowledgementState[]> {
  return await vi.waitFor(
    async () => {
      const all = await acknowledgementsOf(key);
      if (all.length > 0 && all.every(({ status }) => status !== 'pending')) return all;
      throw new Error(`under way still: ${JSON.stringify(all)}`);
    },
    { timeout: 20_000, interval: 50 },
  );
}

async function temporalCli(...args: string[]): Promise<void> {
  await promisify(execFile)(inject('temporalCliPath'), [
    ...args,
    ...['--address', harness.temporalAddress, '--namespace', harness.namespace],
  ]);
}

describe('a message that asks for acknowledgements', () => {
  it('has its source told that it was confirmed, signed, with the receipts and without its content', async () => {
    const correlation = { source: 'disk-watcher', reference: '55' };
    const accepted = await harness.send(
      message('told', { destinations: [OPS, INCIDENTS], correlation }),
    );
    const [callback] = await receiver.waitFor('told', 1);
    const { deliveries } = await harness.waitForStatus('told', 'confirmed');

    expect(callback?.acknowledgement).toEqual({
      type: 'message.confirmed',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      data: {
        summary: 'Delivery Status: Confirmed',
        deduplicationKey: 'told',
        status: 'confirmed',
        ...correlation,
        traceId: accepted.body.traceId,
        deliveries: deliveries.map(({ destination, receipt }) => ({
          destination,
          status: 'confirmed',
          receipt,
        })),
      },
    });
    expect(callback?.path).toBe('/hooks/sendproof');
    expect(callback?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    expect(JSON.stringify(receiver.received)).not.toContain('what only');
    expect(await settled('told')).toMatchObject([
      {
        event: 'message.confirmed',
        via: 'callback',
        recipient: new URL(receiver.url).host,
        status: 'delivered',
        attempts: 1,
      },
    ]);
    const timeline = await harness.request<Timeline>('GET', '/v1/messages/told/timeline');
    expect(timeline.body.entries).toContainEqual(
      expect.objectContaining({
        kind: 'acknowledgement',
        event: 'message.confirmed',
        via: 'callback',
        status: 'delivered',
      }),
    );
  });

  it('has it told once, however often it is sent', async () => {
    await harness.send(message('twice'));
    await harness.waitForStatus('twice', 'confirmed');
    const again = await Promise.all([1, 2, 3].map(() => harness.send(message('twice'))));
    expect(again.map(({ body }) => body.duplicate)).toEqual([true, true, true]);
    await settled('twice');
    expect(receiver.about('twice')).toHaveLength(1);
  });

  it('has it told of a dead letter, of the person who retried it, and of the post', async () => {
    await park('retried');
    await receiver.waitFor('retried', 1);
    await harness.request('POST', '/v1/messages/retried/retry', {
      by: 'ana',
      reason: 'invited the app',
    });
    const callbacks = await receiver.waitFor('retried', 3);
    await settled('retried');

    // Each goes its own way, so they may overtake one another; their times tell the order.
    const told = callbacks
      .map(({ acknowledgement }) => acknowledgement)
      .sort((a, b) => String(a?.timestamp).localeCompare(String(b?.timestamp)));
    expect(told).toMatchObject([
      {
        type: 'message.dead_lettered',
        data: {
          summary: 'Delivery Status: Dead-lettered',
          status: 'dead_lettered',
          destination: OPS,
          deliveries: [{ destination: OPS, status: 'dead_lettered', reason: 'not_authorised' }],
        },
      },
      {
        type: 'message.retried',
        data: { status: 'delivering', destination: OPS, by: 'ana', why: 'invited the app' },
      },
      { type: 'message.confirmed', data: { status: 'confirmed' } },
    ]);
    expect(new Set(callbacks.map(({ id }) => id)).size).toBe(3);
  });

  it('has it told who discarded it and why', async () => {
    await park('given-up', {
      acknowledge: { url: receiver.url, events: ['message.discarded', 'message.confirmed'] },
    });
    const decision = { by: 'bo', reason: 'too late' };
    await harness.request('POST', '/v1/messages/given-up/discard', decision);
    const [callback] = await receiver.waitFor('given-up', 1);
    expect(callback?.acknowledgement).toMatchObject({
      type: 'message.discarded',
      data: {
        status: 'discarded',
        by: 'bo',
        why: 'too late',
        deliveries: [{ destination: OPS, status: 'discarded', reason: 'not_authorised' }],
      },
    });
    await settled('given-up');
    expect(receiver.about('given-up')).toHaveLength(1);
  });

  it('has it told that it expired, and that its fallback was not needed', async () => {
    const refusing = { kind: 'http_error', status: 503, platform: 'slack' } as const;
    harness.sandbox.addFault({ ...refusing, operation: 'chat.postMessage' });
    const destinations = [{ destination: OPS, fallback: [INCIDENTS], fallbackAfter: '1h' }];
    const events = ['message.expired', 'message.confirmed'];
    const expiresAt = new Date(Date.now() + 2_000).toISOString();
    await harness.send(
      message('expired', {
        destinations,
        expiresAt,
        retryProfile: 'quick',
        acknowledge: { url: receiver.url, events },
      }),
    );
    const [callback] = await receiver.waitFor('expired', 1);
    expect(callback?.acknowledgement).toMatchObject({
      type: 'message.expired',
      data: {
        summary: 'Delivery Status: Expired',
        status: 'expired',
        deliveries: [
          { destination: OPS, status: 'expired', reason: 'platform_unavailable' },
          { destination: INCIDENTS, status: 'standby' },
        ],
      },
    });
  });

  it('is told as the configuration says for its source, where it says nothing itself', async () => {
    const ofSource = { correlation: { source: 'nightly' }, acknowledge: undefined };
    await park('by-default', ofSource);
    const [callback] = await receiver.waitFor('by-default', 1);
    expect(callback?.acknowledgement?.type).toBe('message.dead_lettered');
    await harness.request('POST', '/v1/messages/by-default/retry');
    await harness.waitForStatus('by-default', 'confirmed');
    expect(await settled('by-default')).toHaveLength(1);
  });
});

describe('a receiver', () => {
  it('that answers nonsense is asked until it takes it, by one id, each time signed anew', async () => {
    const nonsense: Behaviour[] = [
      answer(500),
      (_, { socket }) => socket.end('This is not HTTP.\r\n\r\n'),
      () => undefined,
      (_, { socket }) => socket.destroy(),
      answer(302, { location: 'http://127.0.0.1:9/' }),
      answer(429, { 'retry-after': '1' }),
    ];
    receiver.behaviours.push(...nonsense);
    await harness.send(message('nonsense'));
    const callbacks = await receiver.waitFor('nonsense', nonsense.length + 1);
    expect(await settled('nonsense')).toMatchObject([{ status: 'delivered', attempts: 7 }]);
    expect(receiver.about('nonsense')).toHaveLength(7);
    expect(new Set(callbacks.map(({ id }) => id)).size).toBe(1);
    const sentAt = callbacks.map(({ headers }) => Number(headers['webhook-timestamp']));
    // It was silent for a second, and asked for another one.
    expect(Number(sentAt.at(-1)) - Number(sentAt[0])).toBeGreaterThanOrEqual(2);
  });

  it.each([
    [404, 'refuses it (HTTP 404)'],
    [410, 'no longer accepts it (HTTP 410)'],
    [308, 'has moved'],
  ])('that answers %i is not asked again', async (status, words) => {
    const key = `refused-${status}`;
    receiver.behaviours.push(answer(status));
    await harness.send(message(key));
    const [acknowledgement] = await settled(key);
    expect(acknowledgement).toMatchObject({ status: 'failed', attempts: 1 });
    expect(acknowledgement?.lastError).toContain(words);
    expect(receiver.about(key)).toHaveLength(1);
    await harness.waitForStatus(key, 'confirmed');
  });

  it('that refused by mistake gets it by the same id, once a person resets the acknowledgement', async () => {
    receiver.behaviours.push(answer(404));
    await harness.send(message('mistaken'));
    const [refused] = await settled('mistaken');
    await temporalCli(
      ...['workflow', 'reset', '--workflow-id', refused?.workflowId ?? ''],
      ...['--type', 'FirstWorkflowTask', '--reason', 'the receiver is back'],
    );
    const [first, second] = await receiver.waitFor('mistaken', 2);
    expect(second?.id).toBe(first?.id);
    expect(await settled('mistaken')).toMatchObject([{ status: 'delivered', attempts: 1 }]);
  });

  it('that redirects to a loopback address is not followed there, and the message is confirmed all the same', async () => {
    const inside = await CallbackReceiver.start(receiver.secret);
    receiver.behaviours.push(...Array<Behaviour>(3).fill(answer(302, { location: inside.url })));
    await harness.send(message('redirected'));
    await harness.waitForStatus('redirected', 'confirmed');
    await receiver.waitFor('redirected', 4);
    await settled('redirected');
    expect(inside.received).toEqual([]);
    await inside.down();
  });

  it('that may not be called never is, and the message is confirmed all the same', async () => {
    await harness.send(
      message('metadata', { acknowledge: { url: `${METADATA}/latest/meta-data` } }),
    );
    await harness.waitForStatus('metadata', 'confirmed');
    await vi.waitFor(
      async () => {
        const [acknowledgement] = await acknowledgementsOf('metadata');
        expect(acknowledgement).toMatchObject({ status: 'pending', recipient: '169.254.169.254' });
        expect(acknowledgement?.attempts).toBeGreaterThan(1);
        expect(acknowledgement?.nextAttemptAt).toMatch(/^\d{4}-/);
        expect(acknowledgement?.lastError).toMatch(/not a public address.*allowPrivate/);
      },
      { timeout: 20_000 },
    );
  });
});

describe('a message is refused', () => {
  it.each([
    ['a host that isn’t on the allow-list', 'https://elsewhere.example.com/', 'allowedHosts'],
    ['a port that isn’t', 'http://127.0.0.1:9/', 'allowedHosts'],
    ['what is no http', 'ftp://127.0.0.1/', 'must be an http or https URL'],
    ['a password in the URL', 'https://user:word@elsewhere.example.com/', 'callbacks are signed'],
  ])('with %s for its acknowledgements, and told the remedy', async (_, url, remedy) => {
    const { status, body } = await harness.request<ProblemBody>(
      'POST',
      '/v1/messages',
      message('refused', { acknowledge: { url } }),
    );
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ field: 'acknowledge.url' }]);
    expect(body.errors?.[0]?.detail).toContain(remedy);
    expect((await harness.request('GET', '/v1/messages/refused')).status).toBe(404);
  });
});

describe('the incident in PagerDuty that a message is about', () => {
  const about = {
    acknowledge: undefined,
    correlation: { source: 'pagerduty', reference: '55', url: INCIDENT_URL },
  };
  const notes = () => harness.sandbox.posts({ platform: 'pagerduty', path: INCIDENT });
  beforeEach(() => harness.sandbox.addPlace({ platform: 'pagerduty', path: INCIDENT }));

  it('gets a note with the proof', async () => {
    await harness.send(message('noted', about));
    const [note] = await harness.sandbox.waitForPosts(1, { platform: 'pagerduty' }, 20_000);
    const { deliveries } = await harness.waitForStatus('noted', 'confirmed');
    expect(note?.text).toBe(
      `sendproof: Delivery Status: Confirmed — posted to ${OPS} ${deliveries[0]?.receipt?.url ?? ''} (${/msg_[0-9a-f-]{36}/.exec(note?.text ?? '')?.[0] ?? ''})`,
    );
    expect(note?.content).toMatchObject({ kind: 'note', from: 'bot@example.com' });
    expect(await settled('noted')).toMatchObject([
      {
        event: 'message.confirmed',
        via: 'pagerduty_note',
        recipient: `PagerDuty incident ${INCIDENT}`,
        status: 'delivered',
      },
    ]);
  });

  it('gets one note, also where PagerDuty wrote it down and answered 503, or nothing', async () => {
    const createNote = { platform: 'pagerduty', operation: 'createNote', times: 1 } as const;
    harness.sandbox.addFault({ kind: 'http_error', status: 503, when: 'after', ...createNote });
    await harness.send(message('noted-unanswered', about));
    expect(await settled('noted-unanswered')).toMatchObject([{ status: 'delivered', attempts: 2 }]);
    harness.sandbox.addFault({ kind: 'reset', when: 'after', ...createNote });
    await harness.send(message('noted-cut-off', about));
    expect(await settled('noted-cut-off')).toMatchObject([{ status: 'delivered', attempts: 2 }]);
    expect(notes()).toHaveLength(2);
  });

  it('gets it later where PagerDuty asks to slow down', async () => {
    harness.sandbox.addFault({
      kind: 'rate_limited',
      platform: 'pagerduty',
      retryAfter: '1',
      times: 1,
    });
    await harness.send(message('noted-later', about));
    await settled('noted-later');
    const [asked, again] = harness.sandbox.requests({ operation: 'listNotes' });
    expect((again?.at ?? 0) - (asked?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
    expect(notes()).toHaveLength(1);
  });

  it('is told of a dead letter and its discarding, beside the source’s own callback', async () => {
    await park('noted-parked', { ...about, acknowledge: { url: receiver.url } });
    await harness.request('POST', '/v1/messages/noted-parked/discard', {
      by: 'bo',
      reason: 'said so by phone',
    });
    await harness.waitForStatus('noted-parked', 'discarded');
    await settled('noted-parked');
    expect(
      notes()
        .map(({ text }) => text.replace(/ \(msg_.*\)$/, ''))
        .sort(),
    ).toEqual([
      `sendproof: Delivery Status: Dead-lettered — not posted to ${OPS}, needs a decision: not_authorised`,
      `sendproof: Delivery Status: Discarded — by bo: said so by phone — ${OPS}: discarded`,
    ]);
    expect(receiver.about('noted-parked')).toHaveLength(2);
  });

  it('that PagerDuty doesn’t know is not asked about again', async () => {
    harness.sandbox.addFault({ kind: 'http_error', status: 404, platform: 'pagerduty' });
    await harness.send(message('unknown-incident', about));
    const [acknowledgement] = await settled('unknown-incident');
    expect(acknowledgement).toMatchObject({
      status: 'failed',
      attempts: 1,
      lastError: 'PagerDuty refuses it (HTTP 404).',
    });
    await harness.waitForStatus('unknown-incident', 'confirmed');
  });

  it('is none where the message’s URL is no incident’s', async () => {
    const correlation = { source: 'pagerduty', url: 'https://example.pagerduty.com/services/S1' };
    await harness.send(message('no-incident', { ...about, correlation }));
    await harness.waitForStatus('no-incident', 'confirmed');
    expect(await acknowledgementsOf('no-incident')).toEqual([]);
  });
});

describe('a message that was reset', () => {
  it('has its source told of what became of it then, by another id', async () => {
    await park('reset');
    const [parked] = await receiver.waitFor('reset', 1);
    await harness.request('POST', '/v1/messages/reset/discard', { by: 'bo', reason: 'by mistake' });
    const [, discarded] = await receiver.waitFor('reset', 2);

    const handle = harness.client.workflow.getHandle('reset');
    const { runId } = await handle.describe();
    const { events } = await handle.fetchHistory();
    const decision = events?.findIndex((event) => event.workflowExecutionSignaledEventAttributes);
    const before = events
      ?.slice(0, decision)
      .findLast((event) => event.workflowTaskCompletedEventAttributes);
    await harness.client.workflowService.resetWorkflowExecution({
      namespace: harness.namespace,
      workflowExecution: { workflowId: 'reset', runId },
      workflowTaskFinishEventId: before?.eventId,
      reason: 'discarded by mistake',
      requestId: 'reset',
      resetReapplyExcludeTypes: [
        temporal.api.enums.v1.ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL,
      ],
    });
    await harness.waitForStatus('reset', 'dead_lettered');
    await harness.request('POST', '/v1/messages/reset/retry', { by: 'bo' });
    await harness.waitForStatus('reset', 'confirmed');
    const callbacks = await receiver.waitFor('reset', 4);
    expect(callbacks.map(({ acknowledgement }) => acknowledgement?.type).sort()).toEqual([
      'message.confirmed',
      'message.dead_lettered',
      'message.discarded',
      'message.retried',
    ]);
    expect(new Set(callbacks.map(({ id }) => id)).size).toBe(4);
    expect(parked?.id).not.toBe(discarded?.id);
  });
});
