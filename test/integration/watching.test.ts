import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { visibilityQuery } from '../../src/store/search/messageSearch.js';
import { OVERDUE_CHECK_ID, WORKFLOW_TASK_QUEUE } from '../../src/contract/names.js';
import { overdueFilter } from '../../src/store/systemState.js';
import { OPS, startHarness, WEBHOOK, type Harness } from '../harness.js';
import { eventually } from '../eventually.js';

const TEXT = 'what only the channel may read';
const MISSING = 'slack:default/C0MISSING9';

const WITHIN = { timeout: 20_000, interval: 100 };

const lines: string[] = [];
const log = pino(
  { level: 'debug' },
  new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  }),
);

/** The value of a series in a scrape; undefined where it isn't there. */
function valueOf(scrape: string, series: string): number | undefined {
  const line = scrape.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}

function logged(msg: string): Record<string, unknown>[] {
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line.msg === msg);
}

async function scrape(harness: Harness): Promise<string> {
  return (await harness.request<string>('GET', '/metrics')).body;
}

describe('a scrape and the log', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({ log, sandbox: { openDestinations: false } });
    harness.sandbox.addFault({
      kind: 'rate_limited',
      platform: 'slack',
      operation: 'chat.postMessage',
      times: 2,
    });
    const send = (deduplicationKey: string, destination: string) =>
      harness.send({ deduplicationKey, destinations: [destination], content: { text: TEXT } });
    await send('limited', OPS);
    await harness.waitForStatus('limited', 'confirmed');
    await send('hooked', WEBHOOK);
    await send('missing', MISSING);
    await harness.waitForStatus('hooked', 'confirmed');
    await harness.waitForStatus('missing', 'dead_lettered');
  });
  afterAll(() => harness.close());

  it('have each attempt once, by what it came to', async () => {
    const text = await scrape(harness);
    const attempts = (labels: string) =>
      valueOf(text, `sendproof_delivery_attempts_total{${labels}}`);
    expect(attempts('platform="slack",outcome="transient",reason="rate_limited"')).toBe(2);
    expect(attempts('platform="slack",outcome="delivered",reason="none"')).toBe(1);
    expect(attempts('platform="slack",outcome="permanent",reason="destination_not_found"')).toBe(1);
    expect(attempts('platform="teams-webhook",outcome="delivered",reason="none"')).toBe(1);

    const limited = logged('Delivery attempted').filter(
      ({ deduplicationKey }) => deduplicationKey === 'limited',
    );
    const { traceId } = await harness.message('limited');
    expect(limited).toMatchObject([
      { traceId, destination: OPS, number: 1, outcome: 'transient', reason: 'rate_limited' },
      { traceId, destination: OPS, number: 2, outcome: 'transient', reason: 'rate_limited' },
      { traceId, destination: OPS, number: 3, outcome: 'delivered' },
    ]);
    for (const { durationMs } of limited) expect(durationMs).toBeTypeOf('number');
  });

  it('have the time to confirm, one observation for each receipt', async () => {
    const text = await scrape(harness);
    const count = 'sendproof_time_to_confirm_seconds_count{platform="slack"}';
    expect(valueOf(text, count)).toBe(1);
    const sum = valueOf(text, 'sendproof_time_to_confirm_seconds_sum{platform="slack"}');
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThan(60);
  });

  it('have the decisions of people', async () => {
    await harness.request('POST', '/v1/messages/missing/discard', { by: 'Ann', reason: 'a test' });
    await harness.waitForStatus('missing', 'discarded');
    const series = 'sendproof_decisions_total{action="discard",scope="message"}';
    expect(valueOf(await scrape(harness), series)).toBe(1);
    expect(logged('Decision taken')).toMatchObject([
      { deduplicationKey: 'missing', action: 'discard' },
    ]);
  });

  it('have what the Temporal SDK measures', async () => {
    expect(await scrape(harness)).toMatch(/^temporal_\w+/m);
  });

  it('never have content, tokens, or the URL of a webhook', async () => {
    const { sandbox } = harness;
    const everything = lines.join('') + (await scrape(harness));
    expect(lines.length).toBeGreaterThan(5);
    const webhookPath = new URL(sandbox.webhookUrl('incidents')).pathname;
    for (const secret of [TEXT, sandbox.slackToken, sandbox.graphToken, webhookPath]) {
      expect(everything).not.toContain(secret);
    }
  });

  it('have no label that grows with what is sent', async () => {
    const own = (await scrape(harness)).split('\n').filter((line) => line.startsWith('sendproof_'));
    expect(own.join('\n')).not.toMatch(/C0123ABC|C0MISSING9|limited"?,|"hooked"|"missing"/);
  });
});

describe('while no worker runs', () => {
  it('a scrape tells of dead letters and overdue messages, and of how many workers poll', async () => {
    const harness = await startHarness({
      workers: false,
      settings: { operators: { destinations: [OPS], overdueAfter: '1s' } },
    });
    try {
      const send = (deduplicationKey: string, more: object = {}) =>
        harness.send({
          deduplicationKey,
          destinations: [OPS],
          content: { text: TEXT },
          ...more,
        });
      await send('stuck');
      await send('later', { deliverAt: new Date(Date.now() + 3_600_000).toISOString() });
      const text = await vi.waitFor(
        async () => {
          const scraped = await scrape(harness);
          expect(valueOf(scraped, 'sendproof_messages_overdue')).toBe(1);
          return scraped;
        },
        // Longer than a reading is kept.
        { timeout: 25_000, interval: 500 },
      );
      expect(valueOf(text, 'sendproof_temporal_up')).toBe(1);
      expect(valueOf(text, 'sendproof_workers_polling')).toBe(0);
      expect(valueOf(text, 'sendproof_batches_open')).toBe(0);
      expect(valueOf(text, 'sendproof_dead_letters_open{reason="timeout"}')).toBe(0);
    } finally {
      await harness.close();
    }
  });
});

describe('the dead-man’s switch', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({
      workers: false,
      settings: {
        operators: { destinations: [OPS], overdueAfter: '1s' },
        // Slow enough to be under way for the whole test.
        retry: { default: { initialDelay: '10m', maximumDelay: '10m', attempts: 5 } },
      },
    });
  });
  afterAll(() => harness.close());

  it('is one schedule, however many workers start at once', async () => {
    await Promise.all([harness.startWorkers(), harness.startWorkers()]);
    await harness.startWorkers();
    const ids = await eventually(async () => {
      const found: string[] = [];
      for await (const { scheduleId } of harness.client.schedule.list()) found.push(scheduleId);
      expect(found).not.toEqual([]);
      return found;
    });
    expect(ids).toEqual([OVERDUE_CHECK_ID]);
    const { spec, action } = await harness.client.schedule.getHandle(OVERDUE_CHECK_ID).describe();
    expect(spec.intervals).toMatchObject([{ every: 300_000 }]);
    expect(action).toMatchObject({
      workflowType: 'findOverdue',
      taskQueue: WORKFLOW_TASK_QUEUE,
    });
  });

  it('names an overdue message to the operators, once, and leaves parked and later ones alone', async () => {
    const { client, sandbox } = harness;
    sandbox.addFault({
      kind: 'http_error',
      platform: 'slack',
      operation: 'chat.postMessage',
      status: 503,
      times: 1,
    });
    const content = { text: TEXT };
    await harness.send({ deduplicationKey: 'overdue-one', destinations: [OPS], content });
    await harness.waitForNextAttempt('overdue-one');
    const deliverAt = new Date(Date.now() + 3_600_000).toISOString();
    await harness.send({ deduplicationKey: 'later', destinations: [OPS], content, deliverAt });
    sandbox.addFault({
      kind: 'slack_error',
      platform: 'slack',
      path: 'C0ARCHIVED',
      error: 'is_archived',
    });
    const destinations = ['slack:default/C0ARCHIVED'];
    await harness.send({ deduplicationKey: 'waiting', destinations, content });
    await harness.waitForStatus('waiting', 'dead_lettered');
    // Temporal's visibility knows of it a little later, and of the parked one as parked.
    await vi.waitFor(async () => {
      const filter = overdueFilter(harness.configuration.overdueAfterMs, new Date());
      expect((await client.workflow.count(visibilityQuery(filter))).count).toBe(1);
    }, WITHIN);

    const handle = client.schedule.getHandle(OVERDUE_CHECK_ID);
    const checked = async (times: number) => {
      await handle.trigger();
      await vi.waitFor(async () => {
        const query = 'WorkflowType = "findOverdue" AND ExecutionStatus = "Completed"';
        expect((await client.workflow.count(query)).count).toBeGreaterThanOrEqual(times);
      }, WITHIN);
    };
    const notices = () => sandbox.posts().filter(({ text }) => text.includes('overdue-one'));
    await checked(1);
    await vi.waitFor(() => {
      expect(notices()).toHaveLength(1);
    }, WITHIN);
    // The id of a check has the second in which it was started.
    const second = Math.floor(Date.now() / 1_000);
    await vi.waitUntil(() => Math.floor(Date.now() / 1_000) > second, WITHIN);
    await checked(2);
    expect(notices()).toHaveLength(1);
    expect(notices()[0]?.text).not.toMatch(/later|waiting`/);
    expect(notices()[0]?.text).toContain('sendproof timeline');
  });
});
