import { Client as GraphClient } from '@microsoft/microsoft-graph-client';
import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';

const TEAM = '0a1b2c3d-0000-4000-8000-000000000001';
const CHANNEL = '19:incidents@thread.tacv2';
const MESSAGES = `/teams/${TEAM}/channels/${CHANNEL}/messages`;

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(async () => {
  await sandbox.close();
});

function slackClient(token = sandbox.slackToken): WebClient {
  return new WebClient(token, {
    slackApiUrl: sandbox.slackApiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 2_000,
  });
}

/** The SDK keeps its own Authorization header from plain http, and its own retries can't be left out of its chain. */
function graphClient(token = sandbox.graphToken): GraphClient {
  return GraphClient.initWithMiddleware({
    baseUrl: sandbox.graphBaseUrl,
    middleware: {
      execute: async (context) => {
        context.response = await fetch(context.request as string, {
          ...(context.options as RequestInit),
          headers: {
            ...(context.options?.headers as Record<string, string>),
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
          },
        });
      },
    },
  });
}

it('shows what the real Slack SDK posts, and lets it be found by its metadata', async () => {
  const slack = slackClient();
  const metadata = { event_type: 'sendproof_delivery', event_payload: { delivery_id: 'd-1' } };
  const { ts } = await slack.chat.postMessage({ channel: 'C0123ABC', text: 'disk full', metadata });

  expect(sandbox.posts({ platform: 'slack', path: 'C0123ABC' })).toMatchObject([
    { id: ts, text: 'disk full', deliveryId: 'd-1' },
  ]);
  const { messages } = await slack.conversations.history({
    channel: 'C0123ABC',
    include_all_metadata: true,
  });
  expect(messages).toMatchObject([{ ts, metadata }]);
});

it('shows what the real Graph SDK posts', async () => {
  const answer = (await graphClient()
    .api(MESSAGES)
    .post({ body: { contentType: 'html', content: '<p>disk <b>full</b></p>' } })) as {
    id: string;
    webUrl: string;
  };
  expect(answer.webUrl).toContain(answer.id);
  expect(sandbox.posts({ platform: 'teams' })).toMatchObject([
    { path: `${TEAM}/${CHANNEL}`, id: answer.id, text: 'disk full' },
  ]);
});

describe('faults', () => {
  it('answers 503 after posting', async () => {
    sandbox.addFault({
      kind: 'http_error',
      platform: 'slack',
      status: 503,
      when: 'after',
      times: 1,
    });
    await expect(
      slackClient().chat.postMessage({ channel: 'C0123ABC', text: 'disk full' }),
    ).rejects.toMatchObject({ statusCode: 503 });
    expect(sandbox.posts()).toHaveLength(1);
    expect(sandbox.requests()).toMatchObject([
      { operation: 'chat.postMessage', path: 'C0123ABC', status: 503, fault: 'http_error' },
    ]);
  });
});
