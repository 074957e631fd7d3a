/** A message to as many Teams destinations and fallbacks as the API takes, from the request to the posts. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { repeated } from '../faults/deliveries.js';
import { startHarness, type Harness } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

/** In one message. */
const MOST_DESTINATIONS = 20;
const MOST_FALLBACKS = 5;

/** As long as real ones: twenty of them exceed what Temporal takes as one value. */
function teamsChannel(number: number): string {
  const id = String(number).padStart(32, '0');
  return `teams:default/0a1b2c3d-0000-4000-8000-000000000001/19:${id}@thread.tacv2`;
}

const channelsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => teamsChannel(first + index));

async function send(deduplicationKey: string, destinations: unknown[]): Promise<void> {
  const content = { text: `message ${deduplicationKey}` };
  const answer = await harness.send({ deduplicationKey, destinations, content });
  expect(answer.status).toBe(202);
}

/** The destinations at which people see it, in order; each once. */
function shownAt(): string[] {
  const posts = harness.sandbox.posts({ platform: 'teams' });
  expect(repeated(posts)).toEqual([]);
  return posts.map(({ path }) => `teams:default/${path}`).sort();
}

describe('a Teams message to 20 long destinations with five fallbacks each', () => {
  it('reaches the last fallback of each where all before it refuse, and then the others by a retry', async () => {
    const [first, count] = [1_000, 1 + MOST_FALLBACKS];
    const ladders = Array.from({ length: MOST_DESTINATIONS }, (_, index) =>
      channelsFrom(first + index * count, count),
    );
    const refusing = ladders.flatMap((ladder) => ladder.slice(0, -1));
    for (const destination of refusing) {
      const path = destination.replace('teams:default/', '');
      harness.sandbox.addFault({ kind: 'http_error', status: 403, platform: 'teams', path });
    }
    await send(
      'ladders',
      ladders.map(([destination, ...fallback]) => ({ destination, fallback })),
    );

    const last = ladders.map((ladder) => ladder.at(-1) ?? '').sort();
    await vi.waitFor(() => expect(shownAt()).toEqual(last), { timeout: 60_000 });
    const { deliveries } = await harness.waitForStatus('ladders', 'dead_lettered');
    expect(deliveries).toHaveLength(MOST_DESTINATIONS * count);

    harness.sandbox.clearFaults();
    const retried = await harness.request('POST', '/v1/messages/ladders/retry', { by: 'ana' });
    expect(retried.status).toBe(202);
    await harness.waitForStatus('ladders', 'confirmed', 60_000);
    expect(shownAt()).toEqual([...refusing, ...last].sort());
  });
});
