import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  INCIDENTS,
  OPS,
  startHarness,
  WEBHOOK,
  type Harness,
  type ProblemBody,
} from '../harness.js';
import { eventually } from '../eventually.js';

const ATTEMPTS = 4;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    retry: { attempts: ATTEMPTS },
    settings: {
      retry: {
        default: { initialDelay: '100ms', maximumDelay: '1s', attempts: ATTEMPTS },
        once: { attempts: 1 },
        hasty: { initialDelay: '200ms', maximumDelay: '200ms', attempts: 1_000, giveUpAfter: '1s' },
        stubborn: { initialDelay: '100ms', maximumDelay: '300ms', attempts: 1_000 },
      },
    },
  });
});
afterAll(() => harness.close());
beforeEach(() => harness.sandbox.reset());

const ARCHIVED = 'slack:default/C0ARCHIVED';

const inFuture = (ms: number) => new Date(Date.now() + ms).toISOString();

function slackIs(error: 'down' | 'refusing', times?: number) {
  return harness.sandbox.addFault(
    error === 'down'
      ? { kind: 'http_error', status: 503, platform: 'slack', operation: 'chat.postMessage', times }
      : {
          kind: 'slack_error',
          error: 'not_in_channel',
          platform: 'slack',
          operation: 'chat.postMessage',
          times,
        },
  );
}

let keys = 0;
async function send(message: object, key = `lifecycle-${(keys += 1)}`): Promise<string> {
  const answer = await harness.send({
    deduplicationKey: key,
    destinations: [OPS],
    content: { text: key },
    ...message,
  });
  expect(answer.status).toBe(202);
  return key;
}

const cancel = (key: string, query = '') =>
  harness.request('DELETE', `/v1/messages/${key}${query}`);

describe('expiresAt', () => {
  it('ends a delivery that is still retried, with the cause, and posts nothing afterwards', async () => {
    const fault = slackIs('down');
    const expiresAt = inFuture(4_000);
    const key = await send({ expiresAt, retryProfile: 'stubborn' });
    const message = await harness.waitForStatus(key, 'expired');
    expect(message).toMatchObject({
      expiresAt,
      failure: expect.stringContaining('Expired before') as string,
      deliveries: [{ status: 'expired', reason: 'platform_unavailable' }],
    });
    const { attempts } = message.deliveries[0] ?? { attempts: [] };
    expect(attempts.length).toBeGreaterThan(1);
    for (const { startedAt = '' } of attempts) expect(startedAt < expiresAt).toBe(true);

    harness.sandbox.removeFault(fault);
    expect(harness.sandbox.posts()).toEqual([]);
    await eventually(async () => {
      const search = await harness.request('GET', '/v1/messages?status=expired');
      expect(search.body).toMatchObject({ messages: [{ deduplicationKey: key }] });
    });
  });

  it('has a message that comes too late expire without a call', async () => {
    const key = await send({ expiresAt: inFuture(-1_000) });
    expect(await harness.waitForStatus(key, 'expired')).toMatchObject({
      deliveries: [{ status: 'expired', attempts: [] }],
    });
    expect(harness.sandbox.requests()).toEqual([]);
  });

  it('counts an attempt that began in time and ended late', async () => {
    harness.sandbox.addFault({ kind: 'slow', delayMs: 4_000, platform: 'slack', times: 1 });
    const key = await send({ expiresAt: inFuture(3_000) });
    expect(await harness.waitForStatus(key, 'confirmed')).toMatchObject({
      deliveries: [{ status: 'confirmed' }],
    });
    expect(harness.sandbox.posts()).toHaveLength(1);
  });

  it('ends a dead letter’s wait, and a late retry says why', async () => {
    slackIs('refusing');
    const key = await send({ expiresAt: inFuture(4_000) });
    await harness.waitForStatus(key, 'dead_lettered');
    const message = await harness.waitForStatus(key, 'expired');
    expect(message.deliveries).toMatchObject([{ status: 'expired', reason: 'not_authorised' }]);
    const retry = await harness.request<ProblemBody>('POST', `/v1/messages/${key}/retry`);
    expect(retry.status).toBe(409);
    expect(retry.body.detail).toContain('expired');
  });

  it('holds while no worker runs, and for the worker that comes later', async () => {
    const unattended = await startHarness({ workers: false });
    try {
      await unattended.send({
        deduplicationKey: 'unattended',
        destinations: [OPS],
        content: { text: 'too late' },
        expiresAt: inFuture(500),
      });
      await eventually(async () =>
        expect((await unattended.message('unattended')).deliveries).toMatchObject([
          { status: 'expired', attempts: [] },
        ]),
      );
      await unattended.startWorkers();
      await unattended.waitForStatus('unattended', 'expired');
      expect(unattended.sandbox.requests()).toEqual([]);
    } finally {
      await unattended.close();
    }
  });

  it('leaves what was confirmed elsewhere confirmed', async () => {
    slackIs('down');
    const key = await send({
      destinations: [OPS, INCIDENTS],
      expiresAt: inFuture(3_000),
      retryProfile: 'stubborn',
    });
    expect(await harness.waitForStatus(key, 'expired')).toMatchObject({
      deliveries: [{ status: 'expired' }, { status: 'confirmed' }],
    });
  });
});

describe('deliverAt', () => {
  it('delays the post, and no longer', async () => {
    const deliverAt = inFuture(1_500);
    const key = await send({ deliverAt });
    expect(await harness.message(key)).toMatchObject({ status: 'accepted', deliverAt });
    const { deliveries } = await harness.waitForStatus(key, 'confirmed');
    const startedAt = deliveries[0]?.attempts[0]?.startedAt ?? '';
    expect(startedAt >= deliverAt).toBe(true);
  });

  it('holds, whatever reaches the message before', async () => {
    const deliverAt = inFuture(2_500);
    const key = await send({ deliverAt });
    await harness.client.workflow.getHandle(key).signal('retry');
    const { deliveries } = await harness.waitForStatus(key, 'confirmed');
    expect((deliveries[0]?.attempts[0]?.startedAt ?? '') >= deliverAt).toBe(true);
  });

  it('later than expiresAt is refused', async () => {
    const answer = await harness.send({
      deduplicationKey: 'contradiction',
      destinations: [OPS],
      content: { text: 'x' },
      deliverAt: inFuture(2_000),
      expiresAt: inFuture(1_000),
    });
    expect(answer.body).toMatchObject({ status: 400, errors: [{ field: 'expiresAt' }] });
  });
});

describe('DELETE', () => {
  it('cancels a message that waits for its time, and says who and why', async () => {
    const key = await send({ deliverAt: inFuture(3_600_000) });
    const answer = await cancel(key, '?by=ana&reason=false%20alarm');
    expect(answer).toMatchObject({ status: 202, body: { action: 'cancel', destinations: [OPS] } });
    expect(await harness.waitForStatus(key, 'cancelled')).toMatchObject({
      deliveries: [{ status: 'cancelled' }],
      operatorActions: [{ action: 'cancel', by: 'ana', reason: 'false alarm' }],
    });
    expect(harness.sandbox.requests()).toEqual([]);
  });

  it('cancels what waits for its next attempt, and what waits for a person', async () => {
    slackIs('refusing', 1);
    const parked = await send({});
    await harness.waitForStatus(parked, 'dead_lettered');
    slackIs('down');
    const waiting = await send({ retryProfile: 'stubborn' });
    await harness.waitForAttempts(waiting, 1);
    for (const key of [parked, waiting]) {
      expect((await cancel(key)).status).toBe(202);
      await harness.waitForStatus(key, 'cancelled');
    }
    expect(harness.sandbox.posts()).toEqual([]);
  });

  it('lets an attempt that is under way end with the platform’s answer', async () => {
    harness.sandbox.addFault({ kind: 'slow', delayMs: 1_000, platform: 'slack', times: 1 });
    const key = await send({});
    await eventually(() => expect(harness.sandbox.requests()).toHaveLength(1));
    await cancel(key);
    await harness.waitForStatus(key, 'confirmed');
    expect(harness.sandbox.posts()).toHaveLength(1);
  });

  it('while an attempt is under way that is refused ends as cancelled, without a dead letter', async () => {
    harness.sandbox.addPlace({ platform: 'slack', path: 'C0ARCHIVED', archived: true });
    const slow = { kind: 'slow', when: 'before', delayMs: 1_000 } as const;
    harness.sandbox.addFault({ ...slow, platform: 'slack', times: 1 });
    const key = await send({ destinations: [ARCHIVED] });
    await eventually(() => expect(harness.sandbox.requests()).toHaveLength(1));
    await cancel(key);
    const message = await harness.waitForStatus(key, 'cancelled');
    expect(message.explanation).toMatch(/^Cancelled .*never sent/);
    const { events } = await harness.client.workflow.getHandle(key).fetchHistory();
    const signalsQueue = (events ?? []).some(
      (event) =>
        event.startChildWorkflowExecutionInitiatedEventAttributes ??
        event.signalExternalWorkflowExecutionInitiatedEventAttributes,
    );
    expect(signalsQueue).toBe(false);
    expect(message.deliveries).toMatchObject([{ status: 'cancelled', attempts: [{ number: 1 }] }]);
    const { body } = await harness.request<{ steps: { kind: string }[] }>(
      'GET',
      `/v1/messages/${key}/timeline`,
    );
    expect(JSON.stringify(body)).not.toContain('dead_lettered');
  });

  it('of a message that has ended is refused', async () => {
    const key = await send({});
    await harness.waitForStatus(key, 'confirmed');
    expect(await cancel(key)).toMatchObject({ status: 409, body: { type: 'nothing_to_cancel' } });
    expect(await cancel('never-sent')).toMatchObject({ status: 404 });
  });
});

describe('an erasure', () => {
  const erase = (key: string, what: string) =>
    harness.request('DELETE', `/v1/messages/${encodeURIComponent(key)}?erase=${what}&by=ana`);

  it('of a message that may still be posted is refused, with the remedy', async () => {
    slackIs('down');
    const key = await send({ retryProfile: 'once' });
    await harness.waitForStatus(key, 'dead_lettered');
    const { body, status } = await erase(key, 'all');
    expect([status, body]).toMatchObject([409, { type: 'not_ended' }]);
    expect(JSON.stringify(body)).toContain('Discard its dead letters, or cancel it, first');
  });

  it('of content alone is refused where it was accepted without contentRetention; all of it is deleted', async () => {
    const key = await send({});
    await harness.waitForStatus(key, 'confirmed');
    expect(await erase(key, 'content')).toMatchObject({
      status: 409,
      body: { type: 'not_sealed' },
    });
    expect(await erase(key, 'everything')).toMatchObject({ status: 400 });
    expect(await erase('never-sent', 'content')).toMatchObject({ status: 404 });
    // Temporal deletes what has just ended within a minute or so.
    const { body, status } = await erase(key, 'all');
    expect([200, 202]).toContain(status);
    expect(body).toMatchObject({ action: 'erase', erased: 'all', by: 'ana' });
    expect(JSON.stringify(body)).toContain('backups of Temporal’s database');
  });
});

describe('a retry profile', () => {
  it('of the message’s own choice overrules the account’s', async () => {
    slackIs('down');
    const key = await send({ retryProfile: 'once' });
    const { deliveries } = await harness.waitForStatus(key, 'dead_lettered');
    expect(deliveries[0]?.attempts).toHaveLength(1);
  });

  it('gives up when its whole time is over', async () => {
    slackIs('down');
    const key = await send({ retryProfile: 'hasty' });
    const { deliveries, acceptedAt } = await harness.waitForStatus(key, 'dead_lettered');
    const last = deliveries[0]?.attempts.at(-1)?.startedAt ?? '';
    expect(Date.parse(last) - Date.parse(acceptedAt)).toBeLessThan(10_000);
    expect(deliveries[0]?.attempts.length).toBeGreaterThan(1);
  });

  it('that is not configured is refused by its name', async () => {
    const answer = await harness.send({
      deduplicationKey: 'unknown-profile',
      destinations: [OPS],
      content: { text: 'x' },
      retryProfile: 'toString',
    });
    expect(answer.body).toMatchObject({ status: 400, errors: [{ field: 'retryProfile' }] });
  });
});

describe('several destinations', () => {
  it('deliver independently: one that fails neither repeats nor delays another', async () => {
    slackIs('refusing');
    const key = await send({ destinations: [OPS, INCIDENTS] });
    const { deliveries } = await harness.waitForStatus(key, 'dead_lettered');
    expect(deliveries[0]).toMatchObject({ status: 'dead_lettered' });
    await eventually(async () =>
      expect((await harness.message(key)).deliveries[1]).toMatchObject({
        status: 'confirmed',
        attempts: [{ number: 1, outcome: 'delivered' }],
      }),
    );
    expect(harness.sandbox.posts()).toHaveLength(1);
  });
});

describe('a fallback', () => {
  it('stays on standby where the first confirms', async () => {
    const key = await send({ destinations: [{ destination: OPS, fallback: [INCIDENTS] }] });
    expect(await harness.waitForStatus(key, 'confirmed')).toMatchObject({
      deliveries: [
        { destination: OPS, status: 'confirmed' },
        { destination: INCIDENTS, status: 'standby', fallbackFor: OPS, attempts: [] },
      ],
    });
    expect(harness.sandbox.posts()).toHaveLength(1);
  });

  it('is used once the first is dead-lettered, and then the next one', async () => {
    slackIs('refusing');
    harness.sandbox.addFault({
      kind: 'graph_error',
      status: 403,
      code: 'Forbidden',
      platform: 'teams',
    });
    const key = await send({
      destinations: [{ destination: OPS, fallback: [INCIDENTS, WEBHOOK] }],
    });
    await eventually(async () =>
      expect(await harness.message(key)).toMatchObject({
        status: 'dead_lettered',
        deliveries: [
          { destination: OPS, status: 'dead_lettered' },
          { destination: INCIDENTS, status: 'dead_lettered' },
          { destination: WEBHOOK, status: 'confirmed' },
        ],
      }),
    );
    expect(harness.sandbox.posts()).toHaveLength(1);
  });

  it('is used when the first has not confirmed in the given time; both may then be posted', async () => {
    const fault = slackIs('down');
    const key = await send({
      destinations: [{ destination: OPS, fallback: [INCIDENTS], fallbackAfter: '500ms' }],
      retryProfile: 'stubborn',
    });
    await eventually(async () =>
      expect((await harness.message(key)).deliveries).toMatchObject([
        { status: 'delivering', detail: 'Slack answered HTTP 503.' },
        { status: 'confirmed' },
      ]),
    );
    harness.sandbox.removeFault(fault);
    await harness.waitForStatus(key, 'confirmed');
    expect(harness.sandbox.posts()).toHaveLength(2);
  });

  it('with a wrong destination or time is refused by its place', async () => {
    const answer = await harness.send({
      deduplicationKey: 'bad-fallback',
      destinations: [
        { destination: OPS, fallback: ['slack:nobody/C0123ABC'] },
        { destination: INCIDENTS, fallback: [WEBHOOK] },
      ],
      content: { text: 'x' },
    });
    expect(answer.body).toMatchObject({
      status: 400,
      errors: [{ field: 'destinations.0.fallback.0' }],
    });
    const late = await harness.send({
      deduplicationKey: 'bad-fallback',
      destinations: [{ destination: OPS, fallback: [INCIDENTS], fallbackAfter: 'soon' }],
      content: { text: 'x' },
    });
    expect(late.body).toMatchObject({
      status: 400,
      errors: [{ field: 'destinations.0.fallbackAfter' }],
    });
  });
});
