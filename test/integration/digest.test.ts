import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { deadLetterQueueId, WORKFLOW_TASK_QUEUE } from '../../src/contract/names.js';
import type { deadLetterQueue } from '../../src/workflows/deadLetters/deadLetterQueue.js';
import {
  bulkDecisionsQuery,
  deadLetterCountsQuery,
  deadLetteredSignal,
  retryAllUpdate,
} from '../../src/contract/signals.js';
import { OPS, startHarness, type Harness } from '../harness.js';
import type { Destination } from '../../src/domain/destination.js';
import { eventually } from '../eventually.js';

/** Where the operators are. */
const OPERATORS: Destination = 'slack:default/C0RANDOM1';
const OPERATORS_CHANNEL = { platform: 'slack', path: 'C0RANDOM1' } as const;

let harness: Harness;
afterEach(() => harness.close());

async function start(policy: object, more: { workers?: boolean } = {}): Promise<void> {
  const operators = { destinations: [OPERATORS], ...policy };
  harness = await startHarness({ settings: { operators }, ...more });
}

const queueOf = (destination: Destination) =>
  harness.client.workflow.getHandle<typeof deadLetterQueue>(deadLetterQueueId(destination));

function refuse(path: string, error: string, times?: number) {
  return harness.sandbox.addFault({ kind: 'slack_error', platform: 'slack', path, error, times });
}

let keys = 0;

/** Sends so many at once, of which the first are refused with the first error, and so on. */
async function park(count: number, ...errors: [error: string, times: number][]): Promise<void> {
  for (const [error, times] of errors) refuse(OPS.split('/')[1] ?? '', error, times);
  const sent = Array.from({ length: count }, () => `parked-${(keys += 1)}`);
  await Promise.all(
    sent.map((key) =>
      harness.send({ deduplicationKey: key, destinations: [OPS], content: { text: key } }),
    ),
  );
  for (const key of sent) await harness.waitForStatus(key, 'dead_lettered');
}

async function activitiesOf(destination: Destination): Promise<(string | undefined)[]> {
  const { events } = await queueOf(destination).fetchHistory();
  return (events ?? []).flatMap((event) =>
    event.activityTaskScheduledEventAttributes
      ? [event.activityTaskScheduledEventAttributes.activityType?.name ?? undefined]
      : [],
  );
}

describe('the operators', () => {
  it('are told once of a burst, with counts and reasons, and not of what is their own', async () => {
    // Enough for all of them to be parked, also on a busy machine.
    await start({ digestAfter: '6s', digestWindow: '1h' });
    await park(10, ['not_in_channel', 6], ['is_archived', 4]);
    const [digest] = await harness.sandbox.waitForPosts(1, OPERATORS_CHANNEL, 20_000);
    expect(digest?.text).toContain('10 dead letters');
    expect(digest?.text).toMatch(/6 × .*not_authorised/);
    expect(digest?.text).toMatch(/4 × .*destination_not_found/);

    // More of them, within the window: the queue knows of them, and waits with what it has to say.
    await park(2, ['channel_not_found', 2]);
    await eventually(async () => {
      expect((await queueOf(OPS).query(deadLetterCountsQuery)).open).toBe(12);
      const told = (await activitiesOf(OPS)).filter((name) => name === 'tellOperators');
      expect(told).toHaveLength(1);
    });
    expect(harness.sandbox.posts(OPERATORS_CHANNEL)).toHaveLength(1);
  });

  it('are not told that a notice could not be delivered to them', async () => {
    await start({ digestAfter: '1s', digestWindow: '1h' });
    const broken = refuse('C0RANDOM1', 'is_archived');
    await park(1, ['not_in_channel', 1]);
    await vi.waitFor(
      async () => {
        expect(await queueOf(OPERATORS).query(deadLetterCountsQuery)).toMatchObject({
          open: 1,
          recent: [{ deduplicationKey: expect.stringMatching(/^sendproof\/notice\//) as string }],
        });
      },
      { timeout: 20_000 },
    );
    expect(await activitiesOf(OPERATORS)).toEqual([]);
    harness.sandbox.removeFault(broken);
  });

  it('get a digest that was kept because it could not be sent, as it was, and once', async () => {
    await start({ digestAfter: '1h' });
    const at = new Date().toISOString();
    const topic = `dead-letters/${OPS}/${at}`;
    const content = { title: 'A message could not be delivered', text: 'It was kept.' };
    // As the run before hands it over.
    await harness.client.workflow.signalWithStart('deadLetterQueue', {
      workflowId: deadLetterQueueId(OPS),
      taskQueue: WORKFLOW_TASK_QUEUE,
      args: [
        {
          destination: OPS,
          digest: {
            unsent: { notices: [{ topic, content, priority: 2 }], failures: 3, retryAt: at },
          },
        },
      ],
      signal: deadLetteredSignal,
      signalArgs: [{ deduplicationKey: 'parked', reason: 'timeout', at }],
    });
    const [digest] = await harness.sandbox.waitForPosts(1, OPERATORS_CHANNEL, 20_000);
    expect(digest?.text).toContain('It was kept.');
    await eventually(async () => {
      const events = (await activitiesOf(OPS)).filter((name) => name === 'digestPolicy');
      // The loop has gone on to the next notice, which isn't due yet.
      expect(events.length).toBeGreaterThan(1);
    });
    expect(harness.sandbox.posts(OPERATORS_CHANNEL)).toHaveLength(1);
  });

  it('are reminded of what has been waiting for too long', async () => {
    await start({ digestAfter: '1s', digestWindow: '1h', waitingTooLong: '3s' });
    await park(1, ['not_in_channel', 1]);
    const posts = await harness.sandbox.waitForPosts(2, OPERATORS_CHANNEL, 20_000);
    expect(posts.map(({ text }) => text).join('\n')).toContain('have been waiting for a long time');
  });
});

describe('a queue of the first form', () => {
  it('tells the operators and takes decisions from the upgrade on, and loses no count', async () => {
    await start({ digestAfter: '1s' }, { workers: false });
    const connection = await NativeConnection.connect({ address: harness.temporalAddress });
    const reference = (key: string) => ({
      deduplicationKey: key,
      reason: 'timeout' as const,
      at: new Date().toISOString(),
    });
    try {
      const old = await Worker.create({
        connection,
        namespace: harness.namespace,
        dataConverter: harness.encryption.dataConverter,
        taskQueue: WORKFLOW_TASK_QUEUE,
        workflowBundle: await bundleWorkflowCode({
          workflowsPath: join(import.meta.dirname, '../replay/firstFormQueue.ts'),
          logger: new DefaultLogger('ERROR'),
        }),
      });
      await old.runUntil(async () => {
        const options = {
          workflowId: deadLetterQueueId(OPS),
          taskQueue: WORKFLOW_TASK_QUEUE,
          args: [{ destination: OPS }] as [{ destination: Destination }],
        };
        for (const key of ['a', 'b', 'c']) {
          await harness.client.workflow.signalWithStart('deadLetterQueue', {
            ...options,
            signal: deadLetteredSignal,
            signalArgs: [reference(key)],
          });
        }
        expect((await queueOf(OPS).query(deadLetterCountsQuery)).open).toBe(3);
      });

      await harness.startWorkers();
      await queueOf(OPS).signal(deadLetteredSignal, reference('d'));
      const [digest] = await harness.sandbox.waitForPosts(1, OPERATORS_CHANNEL, 20_000);
      expect(digest?.text).toContain('4 dead letters');
      const request = { by: 'ana', reason: 'upgraded' };
      await queueOf(OPS).executeUpdate(retryAllUpdate, { args: [request] });
      await eventually(async () => {
        const decisions = await queueOf(OPS).query(bulkDecisionsQuery);
        expect(decisions).toMatchObject([{ ...request, finishedAt: expect.any(String) as string }]);
      });
      expect(await queueOf(OPS).query(deadLetterCountsQuery)).toMatchObject({ open: 4, total: 4 });

      const history = await queueOf(OPS).fetchHistory();
      for await (const { error } of Worker.runReplayHistories(
        {
          workflowBundle: { codePath: inject('workflowBundle') },
          dataConverter: harness.encryption.dataConverter,
        },
        [{ workflowId: deadLetterQueueId(OPS), history }],
      )) {
        expect(error).toBeUndefined();
      }
    } finally {
      await connection.close();
    }
  });
});
