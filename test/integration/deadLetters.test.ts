import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { deadLetterQueueId } from '../../src/contract/names.js';
import { deadLetterCountsQuery } from '../../src/contract/signals.js';
import type { MessagePage } from '../../src/store/search/messageSearch.js';
import { INCIDENTS, OPS, startHarness, type Harness, type ProblemBody } from '../harness.js';
import { eventually } from '../eventually.js';

const ATTEMPTS = 3;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ retry: { attempts: ATTEMPTS } });
});
afterAll(() => harness.close());
beforeEach(() => harness.sandbox.reset());

/** Sends a message that Slack refuses, and waits until it is parked. Slack takes it from then on. */
async function park(key: string, destinations = [OPS]) {
  harness.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
    operation: 'chat.postMessage',
    times: 1,
  });
  await harness.send({ deduplicationKey: key, destinations, content: { text: key } });
  return await harness.waitForStatus(key, 'dead_lettered');
}

function queueCounts(destination: typeof OPS) {
  return harness.client.workflow
    .getHandle(deadLetterQueueId(destination))
    .query(deadLetterCountsQuery);
}

async function runsOf(key: string): Promise<number> {
  const { count } = await harness.client.workflow.count(`WorkflowId = "${key}"`);
  return count;
}

async function temporalCli(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(inject('temporalCliPath'), [
    ...args,
    ...['--address', harness.temporalAddress, '--namespace', harness.namespace],
  ]);
  return stdout;
}

describe('a dead letter', () => {
  it('waits in its workflow, in the list and in its destination’s queue', async () => {
    const message = await park('listed');
    expect(message.deadLetters).toMatchObject([
      { destination: OPS, reason: 'not_authorised', at: expect.any(String) as string },
    ]);
    // Of its promises there are no stack traces, which would be most of a workflow's work.
    const waits = harness.client.workflow.getHandle('listed');
    expect(await waits.query('__stack_trace')).toBe('');
    await eventually(async () => {
      const list = await harness.request<MessagePage>(
        'GET',
        `/v1/dead-letters?destination=${encodeURIComponent(OPS)}&reason=not_authorised`,
      );
      expect(list.body.messages).toMatchObject([
        { deduplicationKey: 'listed', status: 'dead_lettered', deadLetters: message.deadLetters },
      ]);
    });
    await eventually(async () => {
      expect(await queueCounts(OPS)).toMatchObject({
        open: 1,
        openByReason: { not_authorised: 1 },
        recent: [{ deduplicationKey: 'listed', reason: 'not_authorised' }],
      });
    });
    const other = await harness.request<MessagePage>('GET', '/v1/dead-letters?reason=timeout');
    expect(other.body.messages).toEqual([]);

    await harness.request('POST', '/v1/messages/listed/retry');
    await harness.waitForStatus('listed', 'confirmed');
    await eventually(async () => {
      expect(await queueCounts(OPS)).toMatchObject({ open: 0, openByReason: {}, total: 1 });
    });
  });

  it('is posted after a retry through the API, and says who asked for it', async () => {
    await park('healed');
    const answer = await harness.request('POST', '/v1/messages/healed/retry', {
      by: 'ana',
      reason: 'invited the app',
    });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ action: 'retry', destinations: [OPS] });
    const message = await harness.waitForStatus('healed', 'confirmed');
    expect(message.operatorActions).toMatchObject([
      { action: 'retry', by: 'ana', reason: 'invited the app' },
    ]);
    expect(message.deliveries[0]?.attempts).toMatchObject([
      { number: 1, outcome: 'permanent' },
      { number: 2, outcome: 'delivered' },
    ]);
    expect(harness.sandbox.posts()).toHaveLength(1);
    expect(await runsOf('healed')).toBe(1);
  });

  it('that is exhausted is posted after “temporal workflow signal”, and its history is still one', async () => {
    const fault = harness.sandbox.addFault({ kind: 'http_error', status: 503, platform: 'slack' });
    await harness.send({
      deduplicationKey: 'exhausted',
      destinations: [OPS],
      content: { text: 'exhausted' },
    });
    const parked = await harness.waitForStatus('exhausted', 'dead_lettered');
    expect(parked.deliveries[0]?.attempts).toHaveLength(ATTEMPTS);
    expect(harness.sandbox.posts()).toHaveLength(0);

    harness.sandbox.removeFault(fault);
    await eventually(() =>
      temporalCli(
        ...['workflow', 'signal', '--query', 'DeliveryStatus="DeadLettered"', '--name', 'retry'],
        ...['--reason', 'Slack is back', '-y'],
      ),
    );
    const message = await harness.waitForStatus('exhausted', 'confirmed');
    expect(message.deliveries[0]?.attempts).toHaveLength(ATTEMPTS + 1);
    expect(harness.sandbox.posts()).toHaveLength(1);
    expect(await runsOf('exhausted')).toBe(1);
  });

  it('is posted once when two people retry it at once', async () => {
    await park('twice-retried');
    const answers = await Promise.all(
      [1, 2].map(() => harness.request('POST', '/v1/messages/twice-retried/retry')),
    );
    expect(answers.map(({ status }) => status)).toContain(202);
    await harness.waitForStatus('twice-retried', 'confirmed');
    expect(harness.sandbox.posts()).toHaveLength(1);
  });

  it('can be discarded with who and why, and a late retry is told so', async () => {
    await park('discarded');
    const nameless = await harness.request<ProblemBody>('POST', '/v1/messages/discarded/discard', {
      reason: 'test',
    });
    expect(nameless).toMatchObject({ status: 400, body: { errors: [{ field: 'by' }] } });

    const discarded = await harness.request('POST', '/v1/messages/discarded/discard', {
      by: 'ana',
      reason: 'the channel is gone',
    });
    expect(discarded.status).toBe(202);
    const message = await harness.waitForStatus('discarded', 'discarded');
    expect(message.deliveries[0]?.status).toBe('discarded');

    const late = await harness.request<ProblemBody>('POST', '/v1/messages/discarded/retry');
    expect(late.status).toBe(409);
    expect(late.body.detail).toMatch(/ana.*the channel is gone/);
    expect(late.body.detail).toContain(message.closedAt);
    expect(harness.sandbox.posts()).toHaveLength(0);
  });

  it('of one destination neither stops nor repeats the other', async () => {
    const message = await park('half', [OPS, INCIDENTS]);
    expect(message.deliveries).toMatchObject([
      { destination: OPS, status: 'dead_lettered' },
      { destination: INCIDENTS },
    ]);
    await harness.sandbox.waitForPosts(1, { platform: 'teams' }, 30_000);
    await harness.request('POST', '/v1/messages/half/retry', { destination: OPS });
    const healed = await harness.waitForStatus('half', 'confirmed');
    expect(healed.deliveries.map(({ status }) => status)).toEqual(['confirmed', 'confirmed']);
    expect(harness.sandbox.posts({ platform: 'slack' })).toHaveLength(1);
    expect(harness.sandbox.posts({ platform: 'teams' })).toHaveLength(1);
  });

  it('can be cancelled by the temporal CLI', async () => {
    await park('cancelled');
    await temporalCli('workflow', 'cancel', '--workflow-id', 'cancelled');
    await harness.waitForStatus('cancelled', 'cancelled');
    await eventually(async () => expect((await queueCounts(OPS)).open).toBe(0));
  });

  it('survives a signal that makes no sense', async () => {
    await park('odd');
    await temporalCli(
      ...['workflow', 'signal', '--workflow-id', 'odd', '--name', 'retry', '--input', '"what?"'],
    );
    await harness.waitForStatus('odd', 'confirmed');
    expect(harness.sandbox.posts()).toHaveLength(1);
  });
});

describe('a retry', () => {
  it('of a confirmed message does nothing and says so', async () => {
    await harness.send({
      deduplicationKey: 'confirmed',
      destinations: [OPS],
      content: { text: 'hello' },
    });
    await harness.waitForStatus('confirmed', 'confirmed');
    const answer = await harness.request<ProblemBody>('POST', '/v1/messages/confirmed/retry');
    expect(answer).toMatchObject({ status: 409, body: { type: 'nothing_to_decide' } });
    expect(answer.body.detail).toMatch(/^It was confirmed at .* nothing was sent again/);
    expect(harness.sandbox.posts()).toHaveLength(1);
  });

  it('of a message that nobody sent is told so', async () => {
    const answer = await harness.request<ProblemBody>('POST', '/v1/messages/nobody/retry');
    expect(answer).toMatchObject({ status: 404, body: { type: 'not_found' } });
    expect(answer.body.detail).toContain('"nobody"');
  });
});
