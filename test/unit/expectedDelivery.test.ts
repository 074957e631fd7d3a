/** What the answer to a message says of the time at which it is posted. */
import proto from '@temporalio/proto';
import { afterEach, expect, it } from 'vitest';
import { OPS, startIntakeApi, type IntakeApi } from './intakeApi.js';

const { DescribeTaskQueueResponse } = proto.temporal.api.workflowservice.v1;

let intake: IntakeApi;
afterEach(() => intake.close());

async function startWith(queue: object, polls = true) {
  const lastAccessTime = { seconds: Math.floor(Date.now() / 1_000) };
  intake = await startIntakeApi({}, ({ method }) =>
    method === 'describeTaskQueue'
      ? DescribeTaskQueueResponse.fromObject({
          pollers: polls ? [{ lastAccessTime }] : [],
          ...queue,
        })
      : undefined,
  );
}

async function send(message: object = {}) {
  const answer = await fetch(new URL('/v1/messages', intake.api.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      deduplicationKey: `k-${Math.random()}`,
      destinations: [OPS],
      content: { text: 'x' },
      ...message,
    }),
  });
  expect(answer.status).toBe(202);
  return (await answer.json()) as { expectedAt?: string; heldBack?: string };
}

it('says when a message is expected to be posted, from what was read lately, without waiting for it', async () => {
  const approximateBacklogAge = { seconds: 60 };
  const stats = { approximateBacklogCount: 120, approximateBacklogAge, tasksDispatchRate: 2 };
  await startWith({ stats });
  expect(await send()).not.toHaveProperty('expectedAt');
  const earliest = Date.now() + 60_000;
  const expected = Date.parse((await send()).expectedAt ?? '');
  expect(expected).toBeGreaterThanOrEqual(earliest);
  expect(expected).toBeLessThanOrEqual(Date.now() + 60_000);
  await Promise.all([send(), send()]);
  const read = intake.calls.filter(({ method }) => method === 'describeTaskQueue');
  expect(read.length).toBeLessThan(4);
});

it('says for a message that is posted later that time', async () => {
  await startWith({});
  await send();
  const deliverAt = new Date(Date.now() + 3_600_000).toISOString();
  expect((await send({ deliverAt })).expectedAt).toBe(deliverAt);
});

it('says no time at which the message has expired', async () => {
  const stats = { approximateBacklogCount: 120, approximateBacklogAge: { seconds: 60 } };
  await startWith({ stats: { ...stats, tasksDispatchRate: 2 } });
  await send();
  const within = (ms: number) => ({ expiresAt: new Date(Date.now() + ms).toISOString() });
  expect(await send(within(3_600_000))).toHaveProperty('expectedAt');
  expect(await send(within(30_000))).not.toHaveProperty('expectedAt');
});

const HELD_BACK = {
  config: {
    queueRateLimit: {
      rateLimit: { requestsPerSecond: 0 },
      metadata: { reason: 'sendproof: the token is refused' },
    },
  },
};

it('says nothing of an account that is held back now for a message that is posted later', async () => {
  await startWith(HELD_BACK);
  await send();
  const answer = await send({ deliverAt: new Date(Date.now() + 86_400_000).toISOString() });
  expect(Object.keys(answer)).not.toContain('heldBack');
  expect(Object.keys(answer)).not.toContain('expectedAt');
});

it('says why the account is held back, and then no time', async () => {
  await startWith(HELD_BACK);
  await send();
  const answer = await send();
  expect(answer).toMatchObject({ heldBack: 'the token is refused' });
  expect(answer).not.toHaveProperty('expectedAt');
});

it('says nothing where no worker polls', async () => {
  await startWith({}, false);
  await send();
  expect(Object.keys(await send())).not.toContain('expectedAt');
});
