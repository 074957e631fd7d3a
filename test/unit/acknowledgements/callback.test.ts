import type { lookup } from 'node:dns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Acknowledgement, AcknowledgementError } from '../../../src/domain/acknowledgement.js';
import { parseAddressRange } from '../../../src/lib/addressRange.js';
import { createSendCallback } from '../../../src/acknowledgements/callback.js';
import { answer, CallbackReceiver } from '../../callbackReceiver.js';
import type { CallbackPolicy } from '../../../src/acknowledgements/policy.js';
import { Secret } from '../../../src/lib/secret.js';

const ACKNOWLEDGEMENT: Acknowledgement = {
  type: 'message.confirmed',
  timestamp: '2026-11-23T12:00:00.000Z',
  data: {
    summary: 'Delivery Status: Confirmed',
    deduplicationKey: 'key',
    status: 'confirmed',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    deliveries: [],
  },
};

let receiver: CallbackReceiver;
beforeEach(async () => {
  receiver = await CallbackReceiver.start();
  process.env.TEST_ACKNOWLEDGEMENT_SECRET = receiver.secret;
});
afterEach(() => receiver.down());

/** Host names as these tests have them resolved, whatever the machine's own resolver says. */
function resolvingTo(...addresses: string[]): typeof lookup {
  const resolve = (_hostname: string, _options: unknown, callback: Callback) => {
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return resolve as unknown as typeof lookup;
}
type Callback = (error: null, addresses: { address: string; family: number }[]) => void;

function sender(policy: Partial<CallbackPolicy>, names?: typeof lookup) {
  return createSendCallback(
    {
      secrets: [new Secret({ env: 'TEST_ACKNOWLEDGEMENT_SECRET' })],
      allowedOrigins: [receiver.origin],
      allowPrivate: [],
      ...policy,
    },
    500,
    names,
  );
}

const loopback = parseAddressRange('127.0.0.1');
const LOOPBACK = loopback ? [loopback] : [];

async function failureOf(sending: Promise<unknown>): Promise<AcknowledgementError> {
  return await sending.then(
    () => {
      throw new Error('it was sent');
    },
    (error: unknown) => error as AcknowledgementError,
  );
}

const told = (url: string) => ({ url, webhookId: 'msg_1', acknowledgement: ACKNOWLEDGEMENT });

describe('a callback', () => {
  it('is refused where the address is not public, and arrives once that is listed', async () => {
    const refused = await failureOf(sender({})(told(receiver.url)));
    expect(refused).toMatchObject({ reason: 'address_not_allowed', permanent: false });
    expect(refused.message).toContain('acknowledgements.allowPrivate');
    expect(receiver.received).toEqual([]);

    expect(await sender({ allowPrivate: LOOPBACK })(told(receiver.url))).toBe(204);
    expect(receiver.types()).toEqual(['message.confirmed']);
  });

  it.each([
    ['a private address', ['127.0.0.1']],
    ['a public and a private address', ['93.184.216.34', '127.0.0.1']],
    ['an IPv4-mapped private address', ['::ffff:127.0.0.1']],
  ])('to a name that resolves to %s is refused', async (_, addresses) => {
    const origin = receiver.origin.replace('127.0.0.1', 'hooks.example.com');
    const send = sender({ allowedOrigins: [origin] }, resolvingTo(...addresses));
    const refused = await failureOf(send(told(`${origin}/hooks`)));
    expect(refused.reason).toBe('address_not_allowed');
    expect(refused.message).toMatch(/^hooks\.example\.com resolves to /);
    expect(receiver.received).toEqual([]);
  });

  it('is judged by the address that it connects to, each time anew', async () => {
    const origin = receiver.origin.replace('127.0.0.1', 'rebinding.example.com');
    const answers = [['127.0.0.1'], ['127.0.0.2']];
    const names = ((...args: Parameters<ReturnType<typeof resolvingTo>>) =>
      resolvingTo(...(answers.shift() ?? []))(...args)) as typeof lookup;
    const send = sender({ allowedOrigins: [origin], allowPrivate: LOOPBACK }, names);
    receiver.behaviours.push(answer(204, { connection: 'close' }));
    expect(await send(told(`${origin}/hooks`))).toBe(204);
    expect((await failureOf(send(told(`${origin}/hooks`)))).reason).toBe('address_not_allowed');
    expect(receiver.received).toHaveLength(1);
  });

  it('goes to hosts on the allow-list only, by scheme, name and port', async () => {
    const send = sender({ allowPrivate: LOOPBACK });
    for (const url of [
      receiver.url.replace('http:', 'https:'),
      receiver.url.replace('127.0.0.1', 'localhost'),
      'http://127.0.0.1/hooks',
      `http://127.0.0.1@evil.example.com/hooks`,
    ]) {
      expect((await failureOf(send(told(url)))).reason, url).toBe('address_not_allowed');
    }
    // Another way to write the same address is the same address.
    expect(await send(told(receiver.url.replace('127.0.0.1', '0x7f.1')))).toBe(204);
  });

  it('that is redirected to a loopback address goes no further', async () => {
    const inside = await CallbackReceiver.start(receiver.secret);
    const send = sender({ allowPrivate: LOOPBACK });
    for (const [status, permanent] of [
      [302, false],
      [307, false],
      [301, true],
      [308, true],
    ] as const) {
      receiver.behaviours.push(answer(status, { location: inside.url }));
      expect(await failureOf(send(told(receiver.url)))).toMatchObject({
        reason: 'redirected',
        permanent,
      });
    }
    expect(inside.received).toEqual([]);
    await inside.down();
  });

  it.each([
    [408, 'recipient_unavailable', false],
    [425, 'recipient_unavailable', false],
    [429, 'rate_limited', false],
    [500, 'recipient_unavailable', false],
    [503, 'recipient_unavailable', false],
    [400, 'refused', true],
    [401, 'refused', true],
    [404, 'refused', true],
    [410, 'gone', true],
    [999, 'unexpected_answer', false],
  ])('answered %i has failed: %s, for good: %s', async (status, reason, permanent) => {
    receiver.behaviours.push(answer(status, { 'retry-after': '7' }));
    const failure = await failureOf(sender({ allowPrivate: LOOPBACK })(told(receiver.url)));
    expect(failure).toMatchObject({ reason, permanent, httpStatus: status, retryAfterMs: 7_000 });
  });

  it('that is not answered, or not in HTTP, or cut off, has failed, and its error names the host only', async () => {
    const send = sender({ allowPrivate: LOOPBACK });
    receiver.behaviours.push(
      () => undefined,
      (_, { socket }) => socket.end('This is not HTTP.\r\n\r\n'),
      (_, { socket }) => socket.destroy(),
    );
    const failures = [];
    for (let calls = 0; calls < 3; calls += 1) {
      failures.push(await failureOf(send(told(`${receiver.url}?token=hidden`))));
    }
    await receiver.down();
    failures.push(await failureOf(send(told(`${receiver.url}?token=hidden`))));
    await receiver.up();
    expect(failures.map(({ reason }) => reason)).toEqual([
      'timeout',
      'unexpected_answer',
      'connection_failed',
      'connection_failed',
    ]);
    for (const { message } of failures) {
      expect(message).toContain(new URL(receiver.url).host);
      expect(message).not.toMatch(/hidden|hooks\/sendproof/);
    }
  });

  it('is delivered by the status of the answer, however large or slow its body is', async () => {
    const send = sender({ allowPrivate: LOOPBACK });
    receiver.behaviours.push(
      (response) => response.writeHead(200).end(Buffer.alloc(5_000_000)),
      (response) => response.writeHead(200).write('and so on'),
    );
    expect(await send(told(receiver.url))).toBe(200);
    expect(await send(told(receiver.url))).toBe(200);
  });

  it.each(['', 'whsec_', 'whsec_short', 'whsec_***not base64, but long enough to be***'])(
    'is not sent without a signature: the secret is “%s”',
    async (secret) => {
      process.env.TEST_ACKNOWLEDGEMENT_SECRET = secret;
      const failure = await failureOf(sender({ allowPrivate: LOOPBACK })(told(receiver.url)));
      expect(failure).toMatchObject({ reason: 'not_configured', permanent: false });
      expect(failure.message).toContain('TEST_ACKNOWLEDGEMENT_SECRET');
      expect(failure.message).not.toMatch(/short|base64, but/);
      expect(receiver.received).toEqual([]);
    },
  );
});
