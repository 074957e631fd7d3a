import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INCIDENTS, OPS, startHarness, WEBHOOK, type Harness } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

describe('a message', () => {
  it('is posted exactly once in Slack and once in Teams, and its status proves it', async () => {
    const accepted = await harness.send({
      deduplicationKey: 'disk-full',
      destinations: [OPS, INCIDENTS],
      content: { text: '**Alert 55**: disk full', title: 'Alert', severity: 'critical' },
      correlation: { source: 'pagerduty', reference: '55', url: 'https://example.com/55' },
    });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('location')).toBe('/v1/messages/disk-full');
    expect(accepted.body).toMatchObject({
      deduplicationKey: 'disk-full',
      status: 'accepted',
      duplicate: false,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });

    const message = await harness.waitForStatus('disk-full', 'confirmed');
    const [slackPost] = harness.sandbox.posts({ platform: 'slack' });
    const [teamsPost] = harness.sandbox.posts({ platform: 'teams' });
    expect(harness.sandbox.posts()).toHaveLength(2);
    expect(slackPost?.text).toContain('*Alert 55*');
    expect(teamsPost?.text).toContain('Alert 55: disk full');
    expect(message.deliveries).toMatchObject([
      {
        destination: OPS,
        status: 'confirmed',
        attempts: [{ number: 1, outcome: 'delivered' }],
        receipt: {
          channel: 'C0123ABC',
          messageId: slackPost?.id,
          url: expect.stringContaining('/archives/C0123ABC/p') as string,
        },
      },
      {
        destination: INCIDENTS,
        status: 'confirmed',
        receipt: { messageId: teamsPost?.id, url: expect.stringContaining('http') as string },
      },
    ]);
  });

  it('reaches a Teams Workflows webhook', async () => {
    await harness.send({
      deduplicationKey: 'webhook',
      destinations: [WEBHOOK],
      content: { text: 'hello' },
    });
    await harness.waitForStatus('webhook', 'confirmed');
    expect(harness.sandbox.posts({ platform: 'teams-webhook' })).toHaveLength(1);
  });

  it('costs a history of 11 events when all goes well', async () => {
    await harness.send({
      deduplicationKey: 'eleven',
      destinations: [OPS],
      content: { text: 'hello' },
    });
    await harness.waitForStatus('eleven', 'confirmed');
    const { events } = await harness.client.workflow.getHandle('eleven').fetchHistory();
    expect(events).toHaveLength(11);
    expect(
      harness.sandbox.requests({ platform: 'slack' }).map(({ operation }) => operation),
    ).not.toContain('conversations.history');
  });

  it('sent 100 times, 50 at once, is one run and one post', async () => {
    const before = harness.sandbox.posts().length;
    const message = {
      deduplicationKey: 'hundredfold',
      destinations: [OPS],
      content: { text: 'once' },
    };
    const answers = [];
    for (let round = 0; round < 2; round += 1) {
      answers.push(...(await Promise.all(Array.from({ length: 50 }, () => harness.send(message)))));
    }
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status, body }) => status === 200 && body.duplicate)).toHaveLength(99);
    expect(new Set(answers.map(({ body }) => body.traceId)).size).toBe(1);

    await harness.waitForStatus('hundredfold', 'confirmed');
    expect(harness.sandbox.posts()).toHaveLength(before + 1);
    const runs = [];
    for await (const run of harness.client.workflow.list({ query: 'WorkflowId = "hundredfold"' })) {
      runs.push(run.runId);
    }
    expect(runs).toHaveLength(1);
  });
});
