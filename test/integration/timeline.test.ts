import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import type { timelineSchema } from '../../src/api/schema/timelineRepresentation.js';
import { INCIDENTS, OPS, startHarness, type Harness } from '../harness.js';
import { eventually } from '../eventually.js';

type Timeline = z.infer<typeof timelineSchema>;
type Kind = Timeline['entries'][number]['kind'];

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ retry: { attempts: 2 } });
});
afterAll(() => harness.close());

async function timeline(key: string): Promise<Timeline> {
  const answer = await harness.request<Timeline>(
    'GET',
    `/v1/messages/${encodeURIComponent(key)}/timeline`,
  );
  expect(answer.status).toBe(200);
  return answer.body;
}

function kinds({ entries }: Timeline): Kind[] {
  return entries.map(({ kind }) => kind);
}

function expectInTimeOrder({ entries }: Timeline): void {
  const times = entries.map(({ at }) => at);
  expect(times).toEqual([...times].sort());
}

const refused = {
  kind: 'slack_error',
  error: 'not_in_channel',
  platform: 'slack',
  operation: 'chat.postMessage',
} as const;

describe('the timeline', () => {
  it('tells each step from ingestion to the platform’s answer, and who decided what and why', async () => {
    harness.sandbox.addFault({ ...refused, times: 1 });
    await harness.send({
      deduplicationKey: 'pagerduty-55-triggered',
      destinations: [OPS],
      content: { text: 'Not to be told here' },
      correlation: { source: 'pagerduty', reference: '55' },
    });
    const { traceId } = await harness.waitForStatus('pagerduty-55-triggered', 'dead_lettered');
    await harness.request('POST', '/v1/messages/pagerduty-55-triggered/retry', {
      by: 'ana',
      reason: 'invited the app',
    });
    await harness.waitForStatus('pagerduty-55-triggered', 'confirmed');

    const told = await timeline('pagerduty-55-triggered');
    expectInTimeOrder(told);
    expect(told).toMatchObject({
      known: true,
      status: 'confirmed',
      entries: [
        { kind: 'received', source: 'pagerduty', reference: '55', traceId, destinations: [OPS] },
        { kind: 'queued', destination: OPS },
        {
          kind: 'attempt',
          destination: OPS,
          number: 1,
          outcome: 'permanent',
          reason: 'not_authorised',
          platformCode: 'not_in_channel',
          httpStatus: 200,
        },
        { kind: 'dead_lettered', destination: OPS, reason: 'not_authorised' },
        { kind: 'retry', by: 'ana', reason: 'invited the app' },
        { kind: 'queued', destination: OPS },
        { kind: 'attempt', number: 2, outcome: 'delivered' },
        { kind: 'confirmed', receipt: { channel: 'C0123ABC' } },
        { kind: 'ended', status: 'confirmed' },
      ],
    });
    expect(JSON.stringify(told)).not.toContain('Not to be told here');
  });

  it('names the wait before the next attempt, and its time as the explanation does', async () => {
    harness.sandbox.addFault({ kind: 'rate_limited', platform: 'slack', retryAfter: '300' });
    await harness.send({
      deduplicationKey: 'limited',
      destinations: [OPS],
      content: { text: 'x' },
    });
    const { deliveries } = await harness.waitForNextAttempt('limited');
    const { nextAttemptAt = '' } = deliveries[0] ?? {};
    harness.sandbox.clearFaults();

    const told = await timeline('limited');
    expectInTimeOrder(told);
    expect(told.entries.at(-2)).toMatchObject({
      kind: 'attempt',
      httpStatus: 429,
      retryAfterMs: 300_000,
      nextAttemptInMs: expect.any(Number) as number,
    });
    expect(told.entries.at(-1)).toEqual({
      at: nextAttemptAt,
      kind: 'next_attempt',
      destination: OPS,
      number: 2,
    });
    const clock = `${nextAttemptAt.slice(11, 19)} UTC`;
    expect(told.explanation).toMatch(new RegExp(`attempt 2 at (\\S+ )?${clock}\\.$`));
  });

  it('tells of a fallback: on standby, and used', async () => {
    harness.sandbox.addFault({ ...refused, times: 1 });
    await harness.send({
      deduplicationKey: 'elsewhere',
      destinations: [{ destination: OPS, fallback: [INCIDENTS] }],
      content: { text: 'x' },
    });
    await eventually(async () =>
      expect((await harness.message('elsewhere')).deliveries).toMatchObject([
        { status: 'dead_lettered' },
        { status: 'confirmed' },
      ]),
    );
    const told = await timeline('elsewhere');
    expect(told.entries).toContainEqual({
      at: expect.any(String) as string,
      kind: 'queued',
      destination: INCIDENTS,
      fallbackFor: OPS,
    });
    expect(told.explanation).toContain(
      `may not post there (not_in_channel); its fallback ${INCIDENTS} confirmed it; it has needed a decision since`,
    );
  });

  it('tells of a message that waits for its time', async () => {
    const deliverAt = new Date(Date.now() + 3_600_000).toISOString();
    await harness.send({
      deduplicationKey: 'later',
      destinations: [OPS],
      content: { text: 'x' },
      deliverAt,
    });
    const told = await timeline('later');
    expect(kinds(told)).toEqual(['received', 'deliver_at']);
    expect(told.explanation).toMatch(/^Scheduled: it will be posted to slack:default\/C0123ABC at/);
  });

  it('tells of several destinations by the one that needs somebody', async () => {
    harness.sandbox.addFault({ ...refused, times: 1 });
    await harness.send({
      deduplicationKey: 'both',
      destinations: [OPS, INCIDENTS],
      content: { text: 'x' },
    });
    await harness.waitForStatus('both', 'dead_lettered');
    await eventually(async () =>
      expect((await harness.message('both')).deliveries).toMatchObject([
        { status: 'dead_lettered' },
        { status: 'confirmed' },
      ]),
    );
    const parked = await timeline('both');
    expect(parked.explanation).toMatch(
      /^Never sent to slack:default\/C0123ABC: .*, then retry\. 1 of 2 destinations have confirmed it\.$/,
    );
    await harness.request('POST', '/v1/messages/both/retry');
    await harness.waitForStatus('both', 'confirmed');
    expect((await timeline('both')).explanation).toMatch(
      /^Confirmed: posted to slack:default\/C0123ABC at .* UTC and to teams:.* UTC\. Nothing/,
    );
  });

  it('is read by its key also of a message of sendproof’s own, which no sender may use', async () => {
    const own = await timeline('sendproof/notice/anything');
    expect(own).toMatchObject({ known: false, entries: [] });
    const refusedKey = await harness.send({
      deduplicationKey: 'sendproof/notice/anything',
      destinations: [OPS],
      content: { text: 'x' },
    });
    expect(refusedKey.status).toBe(400);
  });
});

describe('while no worker runs', () => {
  it('answers all the same: what waits, and what was decided and not yet done', async () => {
    const idle = await startHarness({ workers: false });
    try {
      const message = { destinations: [OPS], content: { text: 'x' } };
      await idle.send({ deduplicationKey: 'waiting', ...message });
      const answer = await idle.request<Timeline>('GET', '/v1/messages/waiting/timeline');
      expect(kinds(answer.body)).toEqual(['received']);
      expect(answer.body.explanation).toMatch(
        /not yet started by a worker.*check that a worker runs/,
      );

      idle.sandbox.addFault({ ...refused, times: 1 });
      const workers = await idle.startWorkers();
      await idle.waitForStatus('waiting', 'dead_lettered');
      // What reaches a workflow in the middle of a task is in its history only after that task.
      await eventually(async () => {
        const { raw } = await idle.client.workflow.getHandle('waiting').describe();
        expect(raw.pendingWorkflowTask).toBeFalsy();
      });
      await workers.shutdown();
      await idle.request('POST', '/v1/messages/waiting/retry', { by: 'ana', reason: 'invited' });
      const decided = await vi.waitFor(
        async () => {
          const later = await idle.request<Timeline>('GET', '/v1/messages/waiting/timeline');
          expect(later.body.entries.at(-1)).toMatchObject({ kind: 'retry', by: 'ana' });
          return later;
        },
        { timeout: 20_000 },
      );
      expect(decided.body.explanation).toMatch(
        /; it will be sent again, as decided by ana at .* UTC \(“invited”\)\. If this lasts/,
      );
    } finally {
      await idle.close();
    }
  });
});
