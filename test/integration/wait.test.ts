import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    expect((await waitFor('slow', '30s')).tookMs).toBeLessThan(5_000);
  });

  it('answers with how it stands when the time is up', async () => {
    await send('scheduled', { deliverAt: later() });
    const { body, tookMs } = await waitFor('scheduled', '1s');
    expect(body.status).toBe('accepted');
    expect(tookMs).toBeGreaterThanOrEqual(900);
    expect(tookMs).toBeLessThan(10_000);
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
