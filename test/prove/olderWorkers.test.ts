/** A fleet of which some workers are of a release that knows neither conversations nor events that are not posted. */
import { join } from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deliveryTaskQueue, WORKFLOW_TASK_QUEUE } from '../../src/contract/names.js';
import { accountId } from '../../src/domain/account.js';
import { eventually } from '../eventually.js';
import { hasEnded } from '../faults/conversations.js';
import { slackChannel } from '../faults/deliveries.js';
import { startHarness, type Harness } from '../harness.js';
import type { OlderActivities } from './olderWorkflows.js';

let harness: Harness;
beforeAll(async () => {
  const quiet = { name: 'quiet', to: [slackChannel(0)], mute: { timeZone: 'UTC' } };
  harness = await startHarness({ workers: false, settings: { routes: [quiet] } });
}, 60_000);
afterAll(() => harness.close(), 60_000);

/** Resolves with the destinations to which they deliver. */
async function startOlderWorkers(): Promise<string[]> {
  const delivered: string[] = [];
  const activities: OlderActivities = {
    deliver: ({ destination }) => {
      delivered.push(destination);
      return Promise.resolve({ receipt: { messageId: '1.0' }, attempts: [] });
    },
  };
  const connection = await NativeConnection.connect({ address: harness.temporalAddress });
  harness.closeWith(() => connection.close());
  const shared = { connection, namespace: harness.namespace };
  const account = accountId({ platform: 'slack', account: 'default' });
  const workers = [
    await Worker.create({
      ...shared,
      taskQueue: WORKFLOW_TASK_QUEUE,
      workflowsPath: join(import.meta.dirname, 'olderWorkflows.ts'),
    }),
    await Worker.create({ ...shared, taskQueue: deliveryTaskQueue(account), activities }),
  ];
  const done = Promise.all(workers.map((worker) => worker.run()));
  harness.closeWith(async () => {
    for (const worker of workers) worker.shutdown();
    await done;
  });
  return delivered;
}

/** The events of a message's history that have these attributes. */
async function eventsOf(
  key: string,
  kind: 'workflowTaskFailedEventAttributes' | 'activityTaskScheduledEventAttributes',
) {
  const { events } = await harness.client.workflow.getHandle(key).fetchHistory();
  return events?.filter((event) => event[kind]) ?? [];
}

it('leaves what older workers would do wrong to newer ones, which do it right beside them', async () => {
  const delivered = await startOlderWorkers();
  const CONVERSATIONS = 3;
  const say = async (index: number, text: string, conversation: object | undefined) => {
    const deduplicationKey = `${index}-${text}`;
    const destinations = [slackChannel(index)];
    const { status } = await harness.send({
      ...{ deduplicationKey, destinations, content: { text }, conversation },
    });
    expect(status).toBe(202);
    return deduplicationKey;
  };
  const sayAll = (text: string) =>
    Promise.all(
      Array.from({ length: CONVERSATIONS }, (_, index) => say(index, text, { key: `c${index}` })),
    );

  const alone = await say(0, 'alone', undefined);
  await harness.client.workflow.getHandle(alone).result();
  expect(delivered).toEqual([slackChannel(0)]);

  const triggered = await sayAll('triggered');
  const event = { key: 'quiet', source: 'test', title: 'quiet', state: 'triggered' };
  expect((await harness.request('POST', '/v1/events', event)).status).toBe(202);
  for (const key of [...triggered, 'test:quiet']) {
    await eventually(async () => {
      expect(await eventsOf(key, 'workflowTaskFailedEventAttributes')).toHaveLength(1);
    });
    const { status } = await harness.client.workflow.getHandle(key).describe();
    expect(status.name).toBe('RUNNING');
  }
  expect(delivered).toHaveLength(1);

  await harness.startWorkers();
  for (const key of triggered) await hasEnded(harness, key);
  const resolved = await sayAll('resolved');
  for (const key of resolved) await hasEnded(harness, key);
  await harness.waitForStatus('test:quiet', 'muted', 60_000);
  expect(delivered).toHaveLength(1);
  const posts = harness.sandbox.posts();
  expect(posts.map(({ text }) => text)).toEqual(resolved.map(() => 'resolved'));
  expect(new Set(posts.map(({ path }) => path)).size).toBe(CONVERSATIONS);
}, 240_000);
