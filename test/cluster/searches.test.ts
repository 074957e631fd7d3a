/** Many people look at once, and somebody looks at a page meanwhile: nobody is sent away. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quantile } from '../../bench/statistics.js';
import { eventually } from '../eventually.js';
import { slackChannel } from '../faults/deliveries.js';
import { startFleet, type Fleet } from '../faults/fleet.js';
import { startHarness, type Harness } from '../harness.js';

const MESSAGES = 1_000;
const SEARCHERS = 50;
const SEARCHES = 1_000;

let harness: Harness;
let fleet: Fleet;
beforeAll(async () => {
  harness = await startHarness({ workers: false });
  fleet = await startFleet(harness, { apis: 2, workers: 0 });
  const deliverAt = new Date(Date.now() + 3_600_000).toISOString();
  for (let from = 0; from < MESSAGES; from += 100) {
    const messages = Array.from({ length: 100 }, (_each, index) => ({
      deduplicationKey: `incident-${from + index}`,
      destinations: [slackChannel((from + index) % 50)],
      content: { text: 'x' },
      correlation: { source: 'pagerduty', reference: String(from + index) },
      deliverAt,
    }));
    const { status } = await harness.request('POST', '/v1/messages/batch', { messages });
    expect(status).toBe(200);
  }
  await eventually(async () => expect((await look('q=incident-999')).status).toBe(200));
}, 120_000);
afterAll(() => harness.close());

const look = (query: string) => harness.request('GET', `${fleet.nextUrl()}/v1/messages?${query}`);

/** Searches that differ, as those of different people do. */
const searchOf = (index: number): string =>
  [
    `q=pagerduty+${index}`,
    `reference=${index}`,
    `destination=${encodeURIComponent(slackChannel(index % 50))}&limit=20`,
    `status=accepted&limit=${1 + (index % 50)}`,
    `q=incident-${index}`,
  ][index % 5] ?? '';

it(`answers ${SEARCHES} searches of ${SEARCHERS} people at once, and a page beside them, all with 200`, async () => {
  const statuses = new Set<number>();
  const timed = async (durations: number[], request: () => Promise<{ status: number }>) => {
    const from = performance.now();
    statuses.add((await request()).status);
    durations.push(performance.now() - from);
  };
  const searches: number[] = [];
  const pages: number[] = [];
  let next = 0;
  const searcher = async (): Promise<void> => {
    for (let index = next++; index < SEARCHES; index = next++) {
      await timed(searches, () => look(searchOf(index)));
    }
  };
  const startedAt = performance.now();
  const searching = Promise.all(Array.from({ length: SEARCHERS }, searcher));
  while (next < SEARCHES) {
    await timed(pages, () => harness.request('GET', `${fleet.nextUrl()}/messages`));
  }
  await searching;
  const perSecond = (1_000 * SEARCHES) / (performance.now() - startedAt);
  const of = (durations: number[], share: number) => quantile(durations, share).toFixed(0);
  console.info(
    `${SEARCHERS} searchers: ${perSecond.toFixed(0)} searches/s, p50 ${of(searches, 0.5)} ms, p99 ${of(searches, 0.99)} ms; a page beside them: p50 ${of(pages, 0.5)} ms, at most ${of(pages, 1)} ms`,
  );
  expect([...statuses]).toEqual([200]);
}, 120_000);
