import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import type { batchResultSchema } from '../../src/api/schema/acceptanceRepresentation.js';
import { startHarness, type Acceptance, type Harness, type HarnessOptions } from '../harness.js';
import { startKillableServer } from '../killableServer.js';
import { eachReaches, expectEachPostedOnce, slackChannel, teamsChannel } from './deliveries.js';
import { environmentOf, ProductProcess, startWorkerProcess } from './productProcess.js';

type BatchResult = z.infer<typeof batchResultSchema>;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function harnessWithoutWorkers(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await startHarness({ workers: false, ...options });
  cleanups.push(() => harness.close());
  return harness;
}

const POSTING = [
  { platform: 'slack', operation: 'chat.postMessage' },
  { platform: 'teams', operation: 'postChannelMessage' },
] as const;

/** Well beyond the heartbeat time-out, by which Temporal learns of a lost worker. */
const RECOVERY_MS = 60_000;

describe('a worker process', () => {
  it('killed while it delivers leaves nothing unposted and nothing posted twice', async () => {
    const harness = await harnessWithoutWorkers();
    const { sandbox } = harness;
    const messages = Array.from({ length: 12 }, (_, number) => ({
      deduplicationKey: `killed-${number}`,
      destinations: [slackChannel(number), teamsChannel(number)],
      content: { text: `message ${number}` },
    }));
    // Whatever the moment of death: posted and not told, not posted at all, posted when the worker is dead already.
    for (const place of POSTING) {
      sandbox.addFault({ kind: 'hold', ...place, times: 4 });
      sandbox.addFault({ kind: 'timeout', when: 'before', ...place, times: 4 });
      sandbox.addFault({ kind: 'slow', when: 'before', delayMs: 3_000, ...place, times: 4 });
    }
    const posting = (): number =>
      POSTING.flatMap((operation) => sandbox.requests(operation)).length;

    const first = await startWorkerProcess(harness);
    await Promise.all(messages.map((message) => harness.send(message)));
    await vi.waitFor(() => expect(posting()).toBe(24), { timeout: 20_000, interval: 10 });
    await first.kill('SIGKILL');
    sandbox.clearFaults();
    const late = { deduplicationKey: 'no-worker', destinations: [slackChannel(99)] };
    await harness.send({ ...late, content: { text: 'accepted while nobody delivers' } });

    await startWorkerProcess(harness);
    const keys = [...messages, late].map(({ deduplicationKey }) => deduplicationKey);
    const states = await eachReaches('confirmed', harness, keys, RECOVERY_MS);

    expectEachPostedOnce(harness, states);
    const attempts = states.flatMap(({ deliveries }) => deliveries.map((each) => each.attempts));
    const lost = attempts.filter(([attempt]) => attempt?.reason === 'worker_lost');
    expect(lost).toHaveLength(24);
    const lookups = lost.map(([, attempt]) => attempt?.lookup);
    expect(lookups.filter((lookup) => lookup === 'found')).toHaveLength(16);
    expect(lookups.filter((lookup) => lookup === 'absent')).toHaveLength(8);
  }, 120_000);

  it('asked to stop finishes the attempt that is under way, and nobody attempts it again', async () => {
    const harness = await harnessWithoutWorkers();
    const { sandbox } = harness;
    sandbox.addFault({ kind: 'slow', delayMs: 2_000, ...POSTING[0] });
    const first = await startWorkerProcess(harness);
    await harness.send({
      deduplicationKey: 'stopping',
      destinations: [slackChannel(1)],
      content: { text: 'stopping' },
    });
    await sandbox.waitForPosts(1, {}, 20_000);

    await expect(first.kill('SIGTERM')).resolves.toBe(0);
    await startWorkerProcess(harness);
    const states = await eachReaches('confirmed', harness, ['stopping'], RECOVERY_MS);

    expectEachPostedOnce(harness, states);
    expect(states[0]?.deliveries[0]?.attempts).toMatchObject([{ number: 1, outcome: 'delivered' }]);
    expect(sandbox.requests({ operation: 'chat.postMessage' })).toHaveLength(1);
  }, 120_000);

  it('frozen until Temporal has given its attempt to somebody else doesn’t post when it wakes up', async () => {
    const harness = await harnessWithoutWorkers({ requestTimeout: '60s' });
    const { sandbox } = harness;
    const history = { platform: 'slack', operation: 'conversations.history' } as const;
    // The first attempt may have posted and has not; while the second one waits for its look-up, the process is frozen.
    sandbox.addFault({ kind: 'http_error', status: 503, ...POSTING[0], times: 1 });
    const held = sandbox.addFault({ kind: 'hold', ...history, times: 1 });
    const worker = await startWorkerProcess(harness);
    await harness.send({
      deduplicationKey: 'frozen',
      destinations: [slackChannel(1)],
      content: { text: 'frozen' },
    });
    await vi.waitFor(() => expect(sandbox.requests(history)).toHaveLength(1), {
      timeout: 20_000,
      interval: 10,
    });
    worker.signal('SIGSTOP');
    await harness.waitForAttempts('frozen', 2);

    worker.signal('SIGCONT');
    const states = await eachReaches('confirmed', harness, ['frozen'], RECOVERY_MS);
    const attempts = states[0]?.deliveries[0]?.attempts;
    expect(attempts?.slice(0, 2)).toMatchObject([
      { reason: 'platform_unavailable' },
      { reason: 'worker_lost' },
    ]);
    expect(attempts?.at(-1)).toMatchObject({ outcome: 'delivered', lookup: 'absent' });

    // Only now the frozen attempt hears that nothing is there.
    sandbox.removeFault(held);
    await worker.kill('SIGTERM');
    expectEachPostedOnce(harness, states);
  }, 120_000);
});

describe('the Temporal server, killed in mid-burst and started again', () => {
  it('loses no accepted message; meanwhile the API says so, and then recovers by itself', async () => {
    const temporal = await startKillableServer();
    cleanups.push(() => temporal.close());
    const harness = await harnessWithoutWorkers({ temporalAddress: temporal.address() });
    const { sandbox } = harness;
    // Some deliveries are always under way, so that the worker has results that it can't report.
    for (const place of POSTING) sandbox.addFault({ kind: 'slow', delayMs: 400, ...place });
    const worker = await startWorkerProcess(harness);
    const api = await startApiProcess(harness);
    const get = async (path: string) => (await harness.request('GET', `${api.url}${path}`)).status;
    await vi.waitFor(async () => expect(await get('/readyz')).toBe(200), { timeout: 20_000 });

    const MESSAGES = 60;
    const keys = Array.from({ length: MESSAGES }, (_, number) => `burst-${number}`);
    const accepted = new Set<string>();
    const source = Promise.all(
      keys.map(async (deduplicationKey, number) => {
        await pause(number * 30);
        await sendUntilAccepted(harness, api.url, {
          deduplicationKey,
          destinations: [slackChannel(number), teamsChannel(number)],
          content: { text: deduplicationKey },
        });
        accepted.add(deduplicationKey);
      }),
    );
    await vi.waitFor(() => expect(accepted.size).toBeGreaterThan(MESSAGES / 3), {
      timeout: 30_000,
      interval: 5,
    });
    await temporal.kill();
    expect(accepted.size).toBeLessThan(MESSAGES);

    const message = {
      deduplicationKey: 'while-down',
      destinations: [slackChannel(MESSAGES)],
      content: { text: 'nobody can write this down' },
    };
    const [refused, batch, readiness, health] = await Promise.all([
      harness.request('POST', `${api.url}/v1/messages`, message),
      harness.request<BatchResult>('POST', `${api.url}/v1/messages/batch`, {
        messages: keys.map((key) => ({ ...message, deduplicationKey: `batch-${key}` })),
      }),
      get('/readyz'),
      get('/healthz'),
    ]);
    expect(refused).toMatchObject({ status: 503, body: { type: 'temporal_unavailable' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(batch.body.results.map(({ status }) => status)).toEqual(keys.map(() => 503));
    expect([readiness, health]).toEqual([503, 200]);
    const second = await startApiProcess(harness);
    expect((await harness.request('GET', `${second.url}/healthz`)).status).toBe(200);

    await temporal.start();
    await source;
    await vi.waitFor(async () => expect(await get('/readyz')).toBe(200), { timeout: 20_000 });
    const states = await eachReaches('confirmed', harness, keys, RECOVERY_MS);
    expectEachPostedOnce(harness, states);
    expect(api.process.running).toBe(true);
    expect((await harness.request('GET', `${second.url}/readyz`)).status).toBe(200);
    expect(worker.running).toBe(true);
  }, 180_000);
});

/** A source as sources are: it sends a message again until somebody has taken it. */
async function sendUntilAccepted(harness: Harness, url: string, message: object): Promise<void> {
  for (;;) {
    const answer = await harness.request<Acceptance>('POST', `${url}/v1/messages`, message);
    if (answer.status === 202 || answer.status === 200) return;
    expect(answer.status).toBe(503);
    await pause(100);
  }
}

async function startApiProcess(
  harness: Harness,
): Promise<{ url: string; process: ProductProcess }> {
  const api = new ProductProcess('api', environmentOf(harness));
  cleanups.push(() => api.kill('SIGKILL'));
  const { url } = await api.logged('The API listens');
  return { url: String(url), process: api };
}
