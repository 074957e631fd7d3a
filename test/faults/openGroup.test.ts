/** A group of events whose worker dies while it is open. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { OPS, startHarness, type Harness } from '../harness.js';
import { startWorkerProcess } from './productProcess.js';

const EVENTS = 30;

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({
    workers: false,
    settings: {
      // It is posted when all of them have joined.
      routes: [{ name: 'storm', to: [OPS], group: { window: '1h', maximum: EVENTS } }],
    },
  });
});
afterEach(() => harness.close());

const keys = Array.from({ length: EVENTS }, (_, index) => `storm:event-${index}`);

async function send(from: number, to: number): Promise<void> {
  for (let index = from; index < to; index += 1) {
    const event = { key: `event-${index}`, source: 'storm', title: `Event ${index}` };
    expect((await harness.request('POST', '/v1/events', event)).status).toBe(202);
  }
}

it('loses no event and shows each once, in one message', async () => {
  const { client, sandbox } = harness;
  const first = await startWorkerProcess(harness);
  await send(0, 5);
  for (const key of keys.slice(0, 5)) await harness.waitForStatus(key, 'grouped');
  // Some of these have joined when the worker dies, some are on their way, and some have not begun.
  await send(5, 20);
  await first.kill('SIGKILL');
  await send(20, EVENTS);
  expect(sandbox.posts({ platform: 'slack' })).toEqual([]);

  const second = await startWorkerProcess(harness);
  await vi.waitFor(() => expect(sandbox.posts({ platform: 'slack' })).toHaveLength(1), {
    timeout: 60_000,
    interval: 100,
  });
  const groups = new Set<string | undefined>();
  for (const key of keys) {
    const { deliveries } = await harness.waitForStatus(key, 'grouped');
    groups.add(deliveries[0]?.groupedIn);
  }
  expect(groups.size).toBe(1);
  const [group = ''] = groups;
  await harness.waitForStatus(group, 'confirmed');
  const [post] = sandbox.posts({ platform: 'slack' });
  expect(JSON.stringify(post?.content)).toContain(`and ${EVENTS - 10} more`);

  const { historyLength } = await client.workflow.getHandle(keys[0] ?? '').describe();
  expect(historyLength).toBeLessThanOrEqual(11);
  expect(await second.kill('SIGTERM')).toBe(0);
}, 180_000);
