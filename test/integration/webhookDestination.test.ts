/** Messages to a receiver of one's own, which verifies them with the library of the Standard Webhooks specification. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answer, CallbackReceiver, signingSecret } from '../callbackReceiver.js';
import { startHarness, type Harness } from '../harness.js';

const STATUS = 'webhook:default/status';
const SANDBOXED = 'webhook:default/sandboxed';

const directory = mkdtempSync(join(tmpdir(), 'sendproof-webhook-'));
const oldSecret = signingSecret();

function secretFile(name: string, value: string): { file: string } {
  const file = join(directory, name);
  writeFileSync(file, value);
  return { file };
}

let receiver: CallbackReceiver;
let harness: Harness;
beforeAll(async () => {
  receiver = await CallbackReceiver.start();
  harness = await startHarness({
    environment: { PUBLIC_URL: 'https://sendproof.example.com' },
    sandboxSettings: (sandbox) => {
      const url = secretFile('url', receiver.url);
      const secret = secretFile('secret', receiver.secret);
      const secrets = [secret, secretFile('old-secret', oldSecret)];
      const wrong = secretFile('wrong-secret', signingSecret());
      const limits = { perDestination: 'off', perAccount: 'off' };
      const sandboxed = secretFile('sandbox-url', sandbox.receiverUrl('status'));
      const sandboxSecret = secretFile('sandbox-secret', sandbox.receiverSecret);
      return {
        accounts: {
          webhook: {
            default: {
              limits,
              requestTimeout: '2s',
              webhooks: {
                status: { url, secret: secrets },
                sandboxed: { url: sandboxed, secret: sandboxSecret },
                unsigned: { url: sandboxed, secret: wrong },
              },
              allowPrivate: ['127.0.0.1'],
            },
            guarded: { limits, webhooks: { status: { url, secret } } },
          },
        },
      };
    },
  });
});
afterAll(async () => {
  await harness.close();
  await receiver.down();
  rmSync(directory, { recursive: true });
});
afterEach(() => {
  harness.sandbox.clearFaults();
  receiver.behaviours.length = 0;
});

async function send(deduplicationKey: string, destination: string, more: object = {}) {
  const content = { text: '**Alert 55**: disk full ✓', title: 'Disk full', severity: 'critical' };
  const correlation = { source: 'pagerduty', reference: '55' };
  const message = { deduplicationKey, destinations: [destination], content, correlation, ...more };
  expect((await harness.send(message)).status).toBe(202);
}

/** Those about a message whose signature holds, with what they say. */
const verified = (deduplicationKey: string) =>
  receiver.about(deduplicationKey).map(({ acknowledgement, headers, id }) => ({
    id,
    headers,
    body: acknowledgement as unknown as { type: string; data: Record<string, unknown> },
  }));

const shown = () => harness.sandbox.posts({ platform: 'webhook', path: 'status' });

describe('a receiver of webhooks', () => {
  it('gets the message signed, with an id that the receipt has', async () => {
    await send('signed', STATUS);
    const { deliveries } = await harness.waitForStatus('signed', 'confirmed');
    const [received, ...others] = verified('signed');
    expect(others).toEqual([]);
    expect(received?.id).toBe(deliveries[0]?.receipt?.messageId);
    expect(received?.body).toEqual({
      type: 'message',
      data: {
        deduplicationKey: 'signed',
        deliveryId: received?.id,
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        content: { text: '**Alert 55**: disk full ✓', title: 'Disk full', severity: 'critical' },
        correlation: { source: 'pagerduty', reference: '55' },
        page: 'https://sendproof.example.com/messages/signed',
      },
    });
  });

  it('verifies with either of two secrets, so that one can be replaced', async () => {
    await send('rotated', STATUS);
    await harness.waitForStatus('rotated', 'confirmed');
    const [{ body, headers } = { body: undefined, headers: {} }] = verified('rotated');
    const payload = JSON.stringify(body);
    const signed = headers as Record<string, string>;
    expect(new Webhook(oldSecret).verify(payload, signed)).toEqual(body);
    expect(() => new Webhook(signingSecret()).verify(payload, signed)).toThrow();
    expect(() => new Webhook(oldSecret).verify(payload.replace('55', '56'), signed)).toThrow();
  });

  it('gets the same id and body again after an answer that says nothing', async () => {
    receiver.behaviours.push(answer(503), (response) => response.destroy());
    await send('repeated', STATUS);
    await harness.waitForStatus('repeated', 'confirmed');
    const received = verified('repeated');
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ id }) => id)).size).toBe(1);
    expect(new Set(received.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });

  it('slows down whoever sends too fast', async () => {
    receiver.behaviours.push(answer(429, { 'retry-after': '1' }));
    await send('slowed', STATUS);
    const { deliveries } = await harness.waitForStatus('slowed', 'confirmed');
    expect(deliveries[0]?.attempts).toMatchObject([
      { outcome: 'transient', reason: 'rate_limited', retryAfterMs: 1_000 },
      { outcome: 'delivered' },
    ]);
  });

  it.each([
    [410, 'destination_not_found'],
    [400, 'request_rejected'],
    [422, 'content_rejected'],
  ])('that answers %i makes a dead letter: %s', async (status, reason) => {
    receiver.behaviours.push(answer(status));
    await send(`refused-${status}`, STATUS);
    const { deliveries } = await harness.waitForStatus(`refused-${status}`, 'dead_lettered');
    expect(deliveries[0]).toMatchObject({ reason, attempts: [{ httpStatus: status }] });
  });

  it('at a private address is not called unless the account allows it', async () => {
    await send('guarded', 'webhook:guarded/status', { onAmbiguous: 'dead_letter' });
    const { deliveries } = await harness.waitForStatus('guarded', 'dead_lettered');
    expect(deliveries[0]?.detail).toContain('allowPrivate');
    expect(receiver.about('guarded')).toEqual([]);
  });

  it('gets a follow-up as a message of its own that names what it follows', async () => {
    const conversation = { key: 'incident-55' };
    await send('follow-1', STATUS, { conversation });
    await harness.waitForStatus('follow-1', 'confirmed');
    await send('follow-2', STATUS, { conversation });
    const { deliveries } = await harness.waitForStatus('follow-2', 'confirmed');
    expect(deliveries[0]?.receipt?.conversation).toEqual({ role: 'follow_up', of: 'follow-1' });
    expect(verified('follow-2')).toHaveLength(1);
  });
});

describe('the sandbox’s receiver', () => {
  it('shows what came, once, although the answer was lost and it came again', async () => {
    harness.sandbox.addFault({ kind: 'reset', platform: 'webhook', when: 'after', times: 1 });
    await send('sandboxed', SANDBOXED);
    await harness.waitForStatus('sandboxed', 'confirmed');
    expect(harness.sandbox.requests({ operation: 'receive' })).toHaveLength(2);
    expect(shown().map(({ text }) => text)).toEqual(['Disk full\n**Alert 55**: disk full ✓']);
    expect(await (await fetch(harness.sandbox.url)).text()).toContain('pagerduty');
  });

  it('refuses what is not signed with its secret', async () => {
    await send('unsigned', 'webhook:default/unsigned');
    const { deliveries } = await harness.waitForStatus('unsigned', 'dead_lettered');
    expect(deliveries[0]).toMatchObject({ reason: 'credentials_rejected' });
    expect(shown()).toHaveLength(1);
  });
});
