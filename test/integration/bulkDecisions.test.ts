import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import type { bulkDryRunSchema } from '../../src/api/schema/deadLetterRepresentation.js';
import { deadLetterQueueId } from '../../src/contract/names.js';
import type { MessagePage } from '../../src/store/search/messageSearch.js';
import {
  bulkDecisionsQuery,
  discardAllUpdate,
  retryAllUpdate,
} from '../../src/contract/signals.js';
import {
  INCIDENTS,
  OPS,
  startHarness,
  type Harness,
  type ProblemBody,
  type Decision,
  type Progress,
  type Summary,
} from '../harness.js';
import { eventually } from '../eventually.js';

type DryRun = z.infer<typeof bulkDryRunSchema>;

const RANDOM = 'slack:default/C0RANDOM1';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());
beforeEach(async () => {
  harness.sandbox.reset();
  await discardAll();
});

/** What an earlier test left must not be counted by the next. */
async function discardAll(): Promise<void> {
  const { messages } = (await harness.request<MessagePage>('GET', '/v1/dead-letters')).body;
  for (const { deduplicationKey } of messages) {
    await harness.request('POST', `/v1/messages/${deduplicationKey}/discard`, {
      by: 'the test',
      reason: 'over',
    });
    await harness.waitForStatus(deduplicationKey, 'discarded');
  }
  await listed(0);
}

/** Parks messages of these keys, each at all its destinations on Slack, for this reason of Slack's. */
async function park(keys: string[], destinations: string[] = [OPS], error = 'not_in_channel') {
  const fault = harness.sandbox.addFault({ kind: 'slack_error', error, platform: 'slack' });
  for (const deduplicationKey of keys) {
    await harness.send({ deduplicationKey, destinations, content: { text: deduplicationKey } });
  }
  for (const key of keys) await harness.waitForStatus(key, 'dead_lettered');
  harness.sandbox.removeFault(fault);
}

/** Resolves once the list has so many messages: visibility lags a little. */
async function listed(count: number, query = ''): Promise<MessagePage['messages']> {
  return await vi.waitFor(
    async () => {
      const { body } = await harness.request<MessagePage>('GET', `/v1/dead-letters${query}`);
      expect(body.messages).toHaveLength(count);
      return body.messages;
    },
    { timeout: 30_000 },
  );
}

async function finished({ links }: Decision): Promise<Progress> {
  return await vi.waitFor(
    async () => {
      const { body } = await harness.request<Progress>('GET', links.self);
      expect(body.done).toBe(true);
      return body;
    },
    { timeout: 20_000 },
  );
}

/** The keys on the page of messages. */
async function shownFor(reason: string): Promise<string[]> {
  const answer = await fetch(`${harness.api.url}/messages?reason=${reason}`);
  const html = await answer.text();
  return [...html.matchAll(/role="rowheader"><a href="\/messages\/([^"]+)"/g)].map(
    ([, key = '']) => key,
  );
}

const queueOf = (destination: typeof OPS) =>
  harness.client.workflow.getHandle(deadLetterQueueId(destination));

describe('dead letters as a whole', () => {
  it('are listed and counted by the destination and the reason of each dead letter', async () => {
    await park(['a1', 'a2'], [OPS, INCIDENTS]);
    await park(['b1'], [RANDOM], 'channel_not_found');
    // One message with two dead letters, for two reasons.
    harness.sandbox.addFault({
      ...{ kind: 'slack_error', error: 'channel_not_found', platform: 'slack' },
      times: 1,
    });
    harness.sandbox.addFault({ kind: 'http_error', status: 403, platform: 'teams', times: 1 });
    await harness.send({
      deduplicationKey: 'c1',
      destinations: [RANDOM, INCIDENTS],
      content: { text: 'c1' },
    });
    await vi.waitFor(
      async () => expect((await harness.message('c1')).deadLetters).toHaveLength(2),
      {
        timeout: 30_000,
      },
    );

    await listed(4);
    await eventually(async () => {
      const { body } = await harness.request<Summary>('GET', '/v1/dead-letters/summary');
      expect(body).toMatchObject({ deadLetters: 5, messages: 4 });
      expect(body.destinations.map(({ destination, count }) => [destination, count])).toEqual(
        expect.arrayContaining([
          [OPS, 2],
          [RANDOM, 2],
          [INCIDENTS, 1],
        ]),
      );
      const random = body.destinations.find(({ destination }) => destination === RANDOM);
      expect(random?.reasons).toMatchObject([{ reason: 'destination_not_found', count: 2 }]);
      expect(Date.parse(random?.oldest ?? '')).toBeLessThan(Date.parse(random?.newest ?? ''));
    });
    // Each of its dead letters finds it, whichever was parked last.
    for (const query of [
      '?reason=destination_not_found',
      `?destination=${encodeURIComponent(RANDOM)}&reason=destination_not_found`,
    ]) {
      const keys = (await listed(2, query)).map(({ deduplicationKey }) => deduplicationKey);
      expect(keys.sort()).toEqual(['b1', 'c1']);
    }
    expect(await shownFor('destination_not_found')).toEqual(['c1', 'b1']);
    expect(await shownFor('not_authorised')).toEqual(['c1', 'a2', 'a1']);
    expect(await shownFor('timeout')).toEqual([]);
    const { body } = await harness.request<Summary>(
      'GET',
      `/v1/dead-letters/summary?destination=${encodeURIComponent(INCIDENTS)}`,
    );
    expect(body).toMatchObject({ deadLetters: 1, messages: 1 });
    // A well destination of a parked message has no dead letters there.
    expect(await listed(1, `?destination=${encodeURIComponent(INCIDENTS)}`)).toMatchObject([
      { deduplicationKey: 'c1' },
    ]);
  });

  it('are counted while no worker runs; a decision then waits for one', async () => {
    const alone = await startHarness({ workers: false });
    try {
      const workers = await alone.startWorkers();
      alone.sandbox.addFault({ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' });
      await alone.send({ deduplicationKey: 'x', destinations: [OPS], content: { text: 'x' } });
      await alone.waitForStatus('x', 'dead_lettered');
      await workers.shutdown();

      await eventually(async () => {
        const { body } = await alone.request<Summary>('GET', '/v1/dead-letters/summary');
        expect(body).toMatchObject({ deadLetters: 1, destinations: [{ destination: OPS }] });
      });
      const refused = await alone.request<ProblemBody>('POST', '/v1/dead-letters/retry', {
        filter: {},
        by: 'ana',
        reason: 'healed',
      });
      expect(refused).toMatchObject({ status: 503, body: { type: 'no_worker' } });
    } finally {
      await alone.close();
    }
  });
});

/** The workflow task that took the retry scheduled the delivery and the signal to the queue, and nobody was asked for the account. */
async function expectDeliveredAtOnce(key: string): Promise<void> {
  const { events } = await harness.client.workflow.getHandle(key).fetchHistory();
  const activities = (events ?? []).flatMap(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled ?? [],
  );
  expect(activities.map(({ activityType }) => activityType?.name)).toEqual(['deliver', 'deliver']);
  const signals = (events ?? []).flatMap(
    ({ signalExternalWorkflowExecutionInitiatedEventAttributes: signal }) => signal ?? [],
  );
  const resolved = signals.find(({ signalName }) => signalName === 'resolved');
  expect(String(activities.at(-1)?.workflowTaskCompletedEventId)).toBe(
    String(resolved?.workflowTaskCompletedEventId),
  );
}

describe('a decision by filter', () => {
  it('is counted first, then made once for each dead letter that it means, and can be followed', async () => {
    await park(['d1', 'd2', 'd3']);
    await park(['d4'], [OPS], 'channel_not_found');
    await park(['d5'], [RANDOM]);
    await listed(5);
    const filter = { destination: OPS, reason: 'not_authorised' };

    const dry = await harness.request<DryRun>('POST', '/v1/dead-letters/retry', {
      filter,
      dryRun: true,
    });
    expect(dry).toMatchObject({ status: 200, body: { dryRun: true, deadLetters: 3, messages: 3 } });
    expect(harness.sandbox.posts()).toHaveLength(0);

    const taken = await harness.request<Decision>('POST', '/v1/dead-letters/retry', {
      filter,
      by: 'ana',
      reason: 'invited the app',
    });
    expect(taken).toMatchObject({ status: 202, body: { action: 'retry', deadLetters: 3 } });
    expect(taken.headers.get('location')).toBe(taken.body.links.self);
    const progress = await finished(taken.body);
    expect(progress).toMatchObject({
      action: 'retry',
      by: 'ana',
      reason: 'invited the app',
      decided: 3,
      destinations: [{ destination: OPS, decided: 3 }],
    });
    for (const key of ['d1', 'd2', 'd3']) {
      const { operatorActions } = await harness.waitForStatus(key, 'confirmed');
      expect(operatorActions).toMatchObject([
        { action: 'retry', by: 'ana', reason: 'invited the app', destination: OPS },
      ]);
    }
    await expectDeliveredAtOnce('d1');
    expect(harness.sandbox.posts()).toHaveLength(3);
    expect((await listed(2)).map(({ deduplicationKey }) => deduplicationKey).sort()).toEqual([
      'd4',
      'd5',
    ]);
  });

  it('of all destinations is made in each of their queues', async () => {
    await park(['e1'], [OPS]);
    await park(['e2'], [RANDOM]);
    await listed(2);
    const taken = await harness.request<Decision>('POST', '/v1/dead-letters/discard', {
      filter: {},
      by: 'ana',
      reason: 'old news',
    });
    expect(taken).toMatchObject({ status: 202, body: { deadLetters: 2 } });
    await finished(taken.body);
    for (const key of ['e1', 'e2']) {
      const { failure } = await harness.waitForStatus(key, 'discarded');
      expect(failure).toMatch(/ana.*old news/);
    }
    expect(harness.sandbox.posts()).toHaveLength(0);
  });

  it('says what is missing, and when there is nothing to decide', async () => {
    const nameless = await harness.request<ProblemBody>('POST', '/v1/dead-letters/discard', {
      filter: {},
    });
    expect(nameless).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'by' }, { field: 'reason' }] },
    });
    const unfiltered = await harness.request<ProblemBody>('POST', '/v1/dead-letters/retry', {
      by: 'ana',
      reason: 'test',
    });
    expect(unfiltered).toMatchObject({ status: 400, body: { errors: [{ field: 'filter' }] } });
    const none = await harness.request<ProblemBody>('POST', '/v1/dead-letters/retry', {
      filter: { destination: 'slack:default/C0NONE' },
      by: 'ana',
      reason: 'test',
    });
    expect(none).toMatchObject({ status: 409, body: { type: 'no_dead_letters' } });
    const unknown = await harness.request('GET', '/v1/dead-letters/decisions/nobodys');
    expect(unknown).toMatchObject({ status: 404, body: { type: 'not_found' } });
  });

  it('leaves alone what fails again: one decision, one retry', async () => {
    await park(['f1', 'f2']);
    await listed(2);
    harness.sandbox.addFault({ kind: 'slack_error', error: 'is_archived', platform: 'slack' });
    const { body } = await harness.request<Decision>('POST', '/v1/dead-letters/retry', {
      filter: {},
      by: 'ana',
      reason: 'let us see',
    });
    expect((await finished(body)).decided).toBe(2);
    for (const key of ['f1', 'f2']) {
      await eventually(async () => {
        const { deliveries, status } = await harness.message(key);
        expect({ status, attempts: deliveries[0]?.attempts.length }).toEqual({
          status: 'dead_lettered',
          attempts: 2,
        });
      });
    }
    await eventually(async () =>
      expect(await shownFor('destination_not_found')).toEqual(['f2', 'f1']),
    );
    expect(await shownFor('not_authorised')).toEqual([]);
    // The same decision, told again as after the loss of a worker: what was parked anew is not meant.
    const [made] = await queueOf(OPS)
      .query(bulkDecisionsQuery)
      .then((all) => all.slice(-1));
    await harness.client.workflow.getHandle('f1').signal('retry', { parkedBy: made?.filter.at });
    const message = await harness.message('f1');
    expect(message.status).toBe('dead_lettered');
    expect(message.deliveries[0]?.attempts).toHaveLength(2);
  });
});

describe('the queue’s updates', () => {
  it('refuse what is not a decision, with a message that says what is wrong', async () => {
    await park(['g1']);
    for (const [request, complaint] of [
      [undefined, /give one object/],
      [{ reason: 'old' }, /by: say who decides/],
      [{ by: 'ana' }, /reason: say why/],
      [
        { by: 'ana', reason: 'x', filter: { reason: 'bad_luck' } },
        /filter\.reason: must be one of/,
      ],
      [{ by: 'ana', reason: 'x', filter: { reson: 'timeout' } }, /filter\.reson: unknown field/],
      [{ by: 'ana', reason: 'x', filter: { at: 'now' } }, /filter\.at: must be a time/],
    ] as const) {
      const update = queueOf(OPS).executeUpdate(discardAllUpdate, { args: [request as never] });
      await expect(update).rejects.toMatchObject({
        cause: { message: expect.stringMatching(complaint) as string },
      });
    }
    expect((await harness.message('g1')).status).toBe('dead_lettered');
  });

  it('with one id are one decision', async () => {
    await park(['h1']);
    await listed(1);
    const request = { by: 'ana', reason: 'healed', id: 'monday' };
    const answers = await Promise.all(
      [1, 2].map(() => queueOf(OPS).executeUpdate(retryAllUpdate, { args: [request] })),
    );
    expect(answers[0]?.requestedAt).toBe(answers[1]?.requestedAt);
    await harness.waitForStatus('h1', 'confirmed');
    const decisions = await queueOf(OPS).query(bulkDecisionsQuery);
    expect(decisions.filter(({ id }) => id === 'monday')).toHaveLength(1);
    expect(harness.sandbox.posts()).toHaveLength(1);
  });
});
