import { Client, Connection, type ConnectionLike } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Api } from '../../src/api/server.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { startSilencedProxy, type SilencedProxy } from '../silencedProxy.js';
import {
  OPS,
  startHarness,
  type Harness,
  type MessageState,
  type ProblemBody,
} from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

/** For a busy machine; a poll of Temporal’s alone takes 20 s. */
const SOON_MS = 15_000;

const send = (deduplicationKey: string, more: object = {}) =>
  harness.send({ deduplicationKey, destinations: [OPS], content: { text: 'x' }, ...more });

const later = () => new Date(Date.now() + 3_600_000).toISOString();

async function waitFor(key: string, wait: string) {
  const startedAt = performance.now();
  const answer = await harness.request<MessageState>('GET', `/v1/messages/${key}?wait=${wait}`);
  return { ...answer, tookMs: performance.now() - startedAt };
}

describe('GET /v1/messages/{key}?wait=', () => {
  it('holds the answer until the status is final, and no longer', async () => {
    harness.sandbox.addFault({ kind: 'slow', delayMs: 1_500, platform: 'slack', times: 1 });
    await send('slow');
    const { body, tookMs } = await waitFor('slow', '30s');
    expect(body.status).toBe('confirmed');
    expect(tookMs).toBeLessThan(25_000);
    expect((await waitFor('slow', '30s')).tookMs).toBeLessThan(SOON_MS);
  });

  it('answers with how it stands when the time is up', async () => {
    await send('scheduled', { deliverAt: later() });
    const { body, tookMs } = await waitFor('scheduled', '1s');
    expect(body.status).toBe('accepted');
    expect(tookMs).toBeGreaterThanOrEqual(900);
    expect(tookMs).toBeLessThan(SOON_MS);
  });

  it('ends at a dead letter, and after a decision on it at what that leads to', async () => {
    const fault = harness.sandbox.addFault({
      kind: 'slack_error',
      error: 'not_in_channel',
      platform: 'slack',
    });
    await send('parked');
    const parked = await waitFor('parked', '30s');
    expect(parked.body.status).toBe('dead_lettered');
    expect(parked.tookMs).toBeLessThan(25_000);

    harness.sandbox.removeFault(fault);
    await harness.request('POST', '/v1/messages/parked/retry');
    expect((await waitFor('parked', '30s')).body.status).toBe('confirmed');
  });

  it('refuses a wait that is too long, or none', async () => {
    for (const wait of ['61s', 'long', '']) {
      const answer = await harness.request<ProblemBody>('GET', `/v1/messages/slow?wait=${wait}`);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'wait' }] } });
    }
    expect((await waitFor('never-sent', '5s')).status).toBe(404);
  });

  it('leaves the API free for others, however many wait', async () => {
    const leaving = new AbortController();
    const waiting = Array.from({ length: 300 }, () =>
      fetch(`${harness.api.url}/v1/messages/scheduled?wait=60s`, { signal: leaving.signal }).then(
        () => 'answered',
        () => 'left',
      ),
    );
    // Sent after them, and so after their first look at the message.
    await Promise.all(Array.from({ length: 20 }, (_, index) => send(`beside-${index}`)));
    for (let index = 0; index < 20; index += 1) {
      expect((await waitFor(`beside-${index}`, '30s')).body.status).toBe('confirmed');
    }
    leaving.abort();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['left']));
  });
});

describe('a wait has its own clock', () => {
  let proxy: SilencedProxy;
  let connections: { name: string; connection: ConnectionLike; close: () => Promise<void> }[];
  let apis: { name: string; api: Api }[];
  beforeAll(async () => {
    proxy = await startSilencedProxy(harness.temporalAddress);
    const { address } = proxy;
    const native = await NativeConnection.connect({ address });
    const grpc = await Connection.connect({ address });
    connections = [
      { name: 'of npm run api', connection: grpc, close: () => grpc.close() },
      // It can’t cancel a call.
      { name: 'of a worker', connection: native, close: () => native.close() },
    ];
    apis = await Promise.all(
      connections.map(async ({ name, connection }) => ({
        name,
        api: await startApi({
          configuration: harness.configuration,
          encryption: harness.encryption,
          client: new Client({
            connection,
            namespace: harness.namespace,
            dataConverter: harness.encryption.dataConverter,
          }),
          metrics: { metrics: createMetrics() },
          log: pino({ enabled: false }),
        }),
      })),
    );
    await send('long', { deliverAt: later() });
  });
  afterAll(async () => {
    proxy.resume();
    for (const { api } of apis) await api.close();
    for (const { close } of connections) await close();
    await proxy.close();
  });

  async function wait(api: Api, wait: string): Promise<{ status: number; tookMs: number }> {
    const from = performance.now();
    const { status } = await fetch(`${api.url}/v1/messages/long?wait=${wait}`);
    return { status, tookMs: performance.now() - from };
  }

  it.each([0, 1])('on either connection, whether or not Temporal is silent: %i', async (index) => {
    const api = apis[index]?.api ?? harness.api;
    const short = await Promise.all(['200ms', '1s', '2s'].map((each) => wait(api, each)));
    for (const { status, tookMs } of short) {
      expect(status).toBe(200);
      expect(tookMs).toBeLessThan(SOON_MS);
    }

    const waiting = wait(api, '3s');
    // Its first look at the message is over by then, or it is answered 503.
    await wait(api, '1s');
    proxy.silence();
    const silenced = await Promise.all([waiting, wait(api, '1s')]);
    proxy.resume();
    expect(silenced).toMatchObject([{ status: 200 }, { status: 503 }]);
    for (const { tookMs } of silenced) expect(tookMs).toBeLessThan(SOON_MS);
  });

  it('and ends at once, with the present state, when the API stops', async () => {
    const api = apis.shift()?.api ?? harness.api;
    const waiting = Array.from({ length: 20 }, () => wait(api, '60s'));
    await wait(api, '1s');
    const from = performance.now();
    await api.close();
    expect(performance.now() - from).toBeLessThan(SOON_MS);
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(200);
  });
});
