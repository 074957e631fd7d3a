import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { expect, it } from 'vitest';
import { findWaitingDeliveries } from '../../src/store/waitingDeliveries.js';

const {
  PENDING_ACTIVITY_STATE_CANCEL_REQUESTED: CANCEL_REQUESTED,
  PENDING_ACTIVITY_STATE_SCHEDULED: SCHEDULED,
  PENDING_ACTIVITY_STATE_STARTED: STARTED,
} = proto.temporal.api.enums.v1.PendingActivityState;

type PendingActivity = Omit<proto.temporal.api.workflow.v1.IPendingActivityInfo, 'state'>;

/** A server with one message, whose activities `1`, `2` … were scheduled on these task queues. */
function serverWith(
  activities: ({ state: number; taskQueue: string } & PendingActivity)[],
  { describesOptions }: { describesOptions: boolean },
): Client {
  const pendingActivities = activities.map(({ taskQueue, ...described }, index) => ({
    activityId: String(index + 1),
    attempt: 1,
    ...described,
    ...(describesOptions && { activityOptions: { taskQueue: { name: taskQueue } } }),
  }));
  const events = activities.map(({ taskQueue }, index) => ({
    activityTaskScheduledEventAttributes: {
      activityId: String(index + 1),
      taskQueue: { name: taskQueue },
    },
  }));
  const handle = {
    describe: () =>
      Promise.resolve({ type: 'deliverMessage', runId: 'run', raw: { pendingActivities } }),
    fetchHistory: () => Promise.resolve({ events: [{}, ...events] }),
  };
  return { workflow: { getHandle: () => handle } } as unknown as Client;
}

it.each([
  { name: 'a current server', describesOptions: true },
  { name: 'a server that does not describe the options of activities', describesOptions: false },
])('names the task queues in which activities wait: $name', async ({ describesOptions }) => {
  const client = serverWith(
    [
      { state: STARTED, taskQueue: 'attempting' },
      { state: SCHEDULED, taskQueue: 'waiting' },
      { state: CANCEL_REQUESTED, taskQueue: 'ending' },
    ],
    { describesOptions },
  );
  expect(await findWaitingDeliveries(client, 'key')).toEqual({
    runId: 'run',
    taskQueues: new Map([['waiting', { attempted: false }]]),
  });
  const idle = serverWith([], { describesOptions });
  expect((await findWaitingDeliveries(idle, 'key'))?.taskQueues.size).toBe(0);
});

it.each<[string, PendingActivity, boolean]>([
  ['is in its first attempt, which nobody took', {}, false],
  ['waits for its second attempt', { attempt: 2 }, true],
  ['was taken once', { lastStartedTime: { seconds: 1 } as never }, true],
  ['has failed once', { lastFailure: { message: 'Slack answered no.' } }, true],
  ['has left a log', { heartbeatDetails: { payloads: [{}] } }, true],
])('says whether one was attempted that %s', async (_what, described, attempted) => {
  const waiting = { state: SCHEDULED, taskQueue: 'waiting' };
  for (const others of [[], [waiting]]) {
    for (const activities of [
      [...others, { ...waiting, ...described }],
      [{ ...waiting, ...described }, ...others],
    ]) {
      const found = findWaitingDeliveries(
        serverWith(activities, { describesOptions: true }),
        'key',
      );
      expect((await found)?.taskQueues.get('waiting')).toEqual({ attempted });
    }
  }
});
