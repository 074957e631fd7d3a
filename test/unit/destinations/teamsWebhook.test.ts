import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DestinationAdapter } from '../../../src/destinations/destination.js';
import { teamsWebhook } from '../../../src/destinations/teams-webhook/platform.js';
import { describeDestinationContract, examplePost, rejection, SECRET } from './contract.js';
import { answering, ScriptedServer } from './scriptedServer.js';

function accountAt(url: string, requestTimeoutMs = 5_000) {
  process.env.WEBHOOK_CONTRACT_URL = `${url}/workflows/incidents?sig=${SECRET}`;
  return teamsWebhook.accountSchema.parse({
    webhooks: { incidents: { env: 'WEBHOOK_CONTRACT_URL' } },
    requestTimeout: `${requestTimeoutMs}ms`,
  });
}

function createAdapter(url: string, requestTimeoutMs: number): DestinationAdapter {
  return teamsWebhook.createAdapter(accountAt(url, requestTimeoutMs));
}

describeDestinationContract({
  name: 'Teams webhook',
  createAdapter,
  path: 'incidents',
  posts: ({ method }) => method === 'POST',
  success: { status: 202, body: '', receipt: {} },
  successStatuses: [200, 202],
  capabilities: teamsWebhook.capabilities(undefined),
  statuses: {
    400: 'permanent content_rejected',
    404: 'permanent destination_not_found',
    410: 'permanent destination_not_found',
  },
});

describe('Teams webhook adapter', () => {
  let server: ScriptedServer;

  beforeEach(async () => {
    server = new ScriptedServer();
    await server.start();
  });
  afterEach(() => server.stop());

  it('posts an Adaptive Card to the URL of the webhook that is named', async () => {
    server.script = answering(202, '');
    await createAdapter(server.url, 5_000).post(examplePost('incidents'));
    const [request] = server.requests;
    expect(request?.path).toBe(`/workflows/incidents?sig=${SECRET}`);
    expect(request?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive' }],
    });
  });

  const connectorError = (status: number): string =>
    `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ${status} with ContextId tcid=0,server=msgapi-production-503,cv=x.0..`;

  it.each([
    ['a workflow’s', 202, ''],
    ['a Response action’s', 200, ''],
    ['a connector’s', 200, '1'],
    ['one with a byte-order mark', 200, '\uFEFF1\r\n'],
  ])('takes %s success for one (%i "%s")', async (_whose, status, body) => {
    server.script = answering(status, body, { 'content-type': 'text/plain' });
    expect(await createAdapter(server.url, 5_000).post(examplePost('incidents'))).toEqual({});
  });

  it.each([
    [200, connectorError(429), 'transient rate_limited'],
    [200, connectorError(413), 'permanent content_rejected'],
    [200, connectorError(400), 'permanent content_rejected'],
    [200, connectorError(401), 'permanent credentials_rejected'],
    [200, connectorError(403), 'permanent not_authorised'],
    [200, connectorError(404), 'permanent destination_not_found'],
    [200, connectorError(502), 'ambiguous platform_unavailable'],
    [202, connectorError(429), 'transient rate_limited'],
    [201, connectorError(429), 'transient rate_limited'],
    [200, '\uFEFF' + connectorError(429), 'transient rate_limited'],
    [200, '{"status":400,"body":"Invalid card"}', 'permanent content_rejected'],
    [202, '{"error":{"code":"TooManyRequests","message":"Later"}}', 'transient rate_limited'],
    [200, '{"statusCode":503,"message":"No"}', 'ambiguous platform_unavailable'],
    [200, '429 Too Many Requests', 'transient rate_limited'],
    [
      200,
      'Webhook message delivery failed with error: Error contacting Microsoft Teams endpoint',
      'ambiguous unexpected_answer',
    ],
    [200, 'Summary or Text is required.', 'ambiguous unexpected_answer'],
    [200, 'OK', 'ambiguous unexpected_answer'],
    [200, '0', 'ambiguous unexpected_answer'],
    [202, '{"ok":false}', 'ambiguous unexpected_answer'],
    [200, '<html>HTTP error 403: sign in to the network</html>', 'ambiguous unexpected_answer'],
    [204, '', 'ambiguous unexpected_answer'],
    [302, '', 'ambiguous unexpected_answer'],
  ])('finds no success in %i "%s": %s', async (status, body, expected) => {
    server.script = answering(status, body, { 'content-type': 'text/plain', 'retry-after': '7' });
    const error = await rejection(createAdapter(server.url, 5_000).post(examplePost('incidents')));
    expect(`${error.outcome} ${error.reason}`).toBe(expected);
    expect(error).toMatchObject({ httpStatus: status, retryAfterMs: 7_000 });
  });

  it('can’t look for posts', () => {
    expect('find' in createAdapter(server.url, 5_000)).toBe(false);
  });

  it('asks for nothing to check the account, and says so', async () => {
    const { identity } = await createAdapter(server.url, 5_000).check();
    expect(identity).toContain('incidents');
    expect(server.requests).toHaveLength(0);
  });

  it('lists the webhooks there are when another is named', async () => {
    const account = accountAt(server.url);
    expect(teamsWebhook.checkPath('incidents', account)).toBeUndefined();
    expect(teamsWebhook.checkPath('other', account)).toContain('use one of incidents');
    const error = await rejection(
      teamsWebhook.createAdapter(account).post(examplePost('constructor')),
    );
    expect(error).toMatchObject({ outcome: 'permanent', reason: 'destination_not_found' });
  });

  it('has the webhook of the environment under the name default', () => {
    expect(teamsWebhook.accountFromEnvironment({})).toBeUndefined();
    const account = teamsWebhook.accountSchema.parse(
      teamsWebhook.accountFromEnvironment({ TEAMS_WEBHOOK_URL: 'https://example.com/?sig=words' }),
    );
    expect(teamsWebhook.checkPath('default', account)).toBeUndefined();
  });
});
