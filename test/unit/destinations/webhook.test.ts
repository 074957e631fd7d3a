import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DestinationAdapter } from '../../../src/destinations/destination.js';
import { webhook } from '../../../src/destinations/webhook/platform.js';
import { describeDestinationContract, examplePost, rejection, SECRET } from './contract.js';
import { answering, ScriptedServer } from './scriptedServer.js';

const [oldSecret = '', newSecret = ''] = [0, 1].map(
  () => `whsec_${randomBytes(32).toString('base64')}`,
);
process.env.WEBHOOK_OUT_OLD = oldSecret;
process.env.WEBHOOK_OUT_NEW = newSecret;

function accountWith(url: string, more: object = {}) {
  process.env.WEBHOOK_OUT_URL = url;
  return webhook.accountSchema.parse({
    webhooks: {
      status: {
        url: { env: 'WEBHOOK_OUT_URL' },
        secret: [{ env: 'WEBHOOK_OUT_NEW' }, { env: 'WEBHOOK_OUT_OLD' }],
      },
    },
    allowPrivate: ['127.0.0.1'],
    ...more,
  });
}

function createAdapter(url: string, requestTimeoutMs = 5_000): DestinationAdapter {
  const requestTimeout = `${requestTimeoutMs}ms`;
  return webhook.createAdapter(accountWith(`${url}/hook?token=${SECRET}`, { requestTimeout }));
}

const post = examplePost('status');

describeDestinationContract({
  name: 'webhook',
  createAdapter,
  path: 'status',
  posts: ({ method }) => method === 'POST',
  success: { status: 200, body: 'ok', receipt: { messageId: post.deliveryId } },
  successStatuses: Array.from({ length: 100 }, (_, index) => 200 + index),
  anyBodyIsSuccess: true,
  statuses: {
    301: 'permanent destination_not_found',
    308: 'permanent destination_not_found',
    404: 'permanent destination_not_found',
    410: 'permanent destination_not_found',
  },
  capabilities: webhook.capabilities(undefined),
});

describe('webhook adapter', () => {
  let server: ScriptedServer;

  beforeEach(async () => {
    server = new ScriptedServer();
    await server.start();
  });
  afterEach(() => server.stop());

  it('sends the whole message as JSON, signed by each secret, with the delivery’s id', async () => {
    server.script = answering(204, '');
    const text = 'word '.repeat(20_000);
    const message = {
      ...post,
      content: { text, title: 'Disk full', severity: 'critical' as const },
    };
    expect(await createAdapter(server.url).post(message)).toEqual({ messageId: post.deliveryId });
    const [request] = server.requests;
    expect(request?.path).toBe(`/hook?token=${SECRET}`);
    expect(request?.headers['webhook-id']).toBe(post.deliveryId);
    expect(JSON.parse(request?.body ?? '')).toEqual({
      type: 'message',
      data: {
        deduplicationKey: 'pagerduty-55-triggered',
        deliveryId: post.deliveryId,
        traceId: post.traceId,
        content: { text, title: 'Disk full', severity: 'critical' },
        correlation: { source: 'pagerduty', reference: '55' },
      },
    });
    for (const secret of [oldSecret, newSecret]) {
      const headers = request?.headers as Record<string, string>;
      expect(() => new Webhook(secret).verify(request?.body ?? '', headers)).not.toThrow();
    }
  });

  it('sends the same body and id at each attempt', async () => {
    server.script = answering(503, '');
    const adapter = createAdapter(server.url);
    for (let attempt = 0; attempt < 3; attempt += 1) await rejection(adapter.post(post));
    expect(
      new Set(
        server.requests.map(({ body, headers }) => `${String(headers['webhook-id'])} ${body}`),
      ).size,
    ).toBe(1);
  });

  it.each([
    'http://127.0.0.1:1',
    'https://10.1.2.3',
    'https://169.254.169.254',
    'https://[::1]',
    'https://168.63.129.16',
    'https://localhost',
  ])('sends nothing to %s unless it is listed', async (url) => {
    const account = accountWith(`${url}/?token=${SECRET}`, { allowPrivate: [] });
    const error = await rejection(webhook.createAdapter(account).post(post));
    expect(error).toMatchObject({ outcome: 'permanent', reason: 'request_rejected' });
    expect(error.message).toContain('allowPrivate');
    expect(error.message).not.toContain(SECRET);
  });

  it('uses no proxy, which would hide the address', async () => {
    process.env.HTTPS_PROXY = server.url;
    try {
      const account = accountWith('https://10.1.2.3/', { allowPrivate: [] });
      await rejection(webhook.createAdapter(account).post(post));
    } finally {
      delete process.env.HTTPS_PROXY;
    }
    expect(server.connections).toBe(0);
  });

  it('refuses a secret that can’t sign, without showing it', () => {
    process.env.WEBHOOK_OUT_BAD = 'words';
    const webhooks = {
      status: { url: { env: 'WEBHOOK_OUT_URL' }, secret: { env: 'WEBHOOK_OUT_BAD' } },
    };
    expect(() =>
      webhook.createAdapter(accountWith('https://hooks.example/', { webhooks })),
    ).toThrow(/^\$WEBHOOK_OUT_BAD does not contain a signing secret/);
  });

  it('lists the webhooks there are when another is named', async () => {
    const account = accountWith(server.url);
    expect(webhook.checkPath('status', account)).toBeUndefined();
    expect(webhook.checkPath('other', account)).toContain('use one of status');
    expect(
      await rejection(webhook.createAdapter(account).post({ ...post, path: '__proto__' })),
    ).toMatchObject({
      reason: 'destination_not_found',
    });
  });
});
