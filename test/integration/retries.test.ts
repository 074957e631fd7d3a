import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultInput, SandboxPlatform } from '../../src/sandbox/sandbox.js';
import { INCIDENTS, OPS, startHarness, WEBHOOK, type Harness } from '../harness.js';

const ATTEMPTS = 4;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ retry: { attempts: ATTEMPTS }, requestTimeout: '1s' });
});
afterAll(() => harness.close());
beforeEach(() => harness.sandbox.reset());

const PLACES: { platform: SandboxPlatform; destination: string; posting: string }[] = [
  { platform: 'slack', destination: OPS, posting: 'chat.postMessage' },
  { platform: 'teams', destination: INCIDENTS, posting: 'postChannelMessage' },
];

let keys = 0;
async function deliver(destination: string, fault: FaultInput) {
  keys += 1;
  const key = `retried-${keys}`;
  harness.sandbox.addFault(fault);
  await harness.send({
    deduplicationKey: key,
    destinations: [destination],
    content: { text: key },
  });
  return key;
}

function postingTimes(platform: SandboxPlatform, operation: string): number[] {
  return harness.sandbox.requests({ platform, operation }).map(({ at }) => at);
}

describe.each(PLACES)('a delivery to $platform', ({ platform, destination, posting }) => {
  it.each([
    ['whole seconds', '1', 1_000],
    ['a fraction of a second', '1.128', 1_128],
  ])(
    'that is rate-limited with Retry-After in %s is posted once, not before that time',
    async (_, retryAfter, waitMs) => {
      const key = await deliver(destination, {
        kind: 'rate_limited',
        platform,
        operation: posting,
        retryAfter,
        times: 1,
      });
      const { deliveries } = await harness.waitForStatus(key, 'confirmed');
      expect(deliveries[0]?.attempts).toMatchObject([
        { outcome: 'transient', reason: 'rate_limited', httpStatus: 429, retryAfterMs: waitMs },
        { outcome: 'delivered' },
      ]);
      expect(harness.sandbox.posts()).toHaveLength(1);
      const [first = 0, second = 0] = postingTimes(platform, posting);
      expect(second - first).toBeGreaterThanOrEqual(waitMs);
    },
  );

  it('that is rate-limited until an HTTP date is posted once, not before that time', async () => {
    // HTTP dates have no fractions: the platform means the whole second.
    const until = Math.ceil(Date.now() / 1_000) * 1_000 + 2_000;
    const key = await deliver(destination, {
      kind: 'rate_limited',
      platform,
      operation: posting,
      retryAfter: new Date(until).toUTCString(),
      times: 1,
    });
    await harness.waitForStatus(key, 'confirmed');
    expect(harness.sandbox.posts()).toHaveLength(1);
    // The date is read against the answer's Date header, which has whole seconds too.
    expect(postingTimes(platform, posting).at(-1)).toBeGreaterThanOrEqual(until - 1_000);
  });

  it('that is rate-limited without Retry-After is posted once', async () => {
    const key = await deliver(destination, {
      kind: 'rate_limited',
      platform,
      operation: posting,
      times: 1,
    });
    const { deliveries } = await harness.waitForStatus(key, 'confirmed');
    expect(deliveries[0]?.attempts).toMatchObject([
      { reason: 'rate_limited' },
      { outcome: 'delivered' },
    ]);
    expect(harness.sandbox.posts()).toHaveLength(1);
  });

  it('that fails with 503 twice is posted by the third attempt, and the log has all three', async () => {
    const key = await deliver(destination, {
      kind: 'http_error',
      platform,
      operation: posting,
      status: 503,
      times: 2,
    });
    const { deliveries } = await harness.waitForStatus(key, 'confirmed');
    expect(deliveries[0]?.attempts).toMatchObject([
      { number: 1, reason: 'platform_unavailable', httpStatus: 503 },
      { number: 2, reason: 'platform_unavailable', httpStatus: 503, lookup: 'absent' },
      { number: 3, outcome: 'delivered', lookup: 'absent' },
    ]);
    expect(harness.sandbox.posts()).toHaveLength(1);
  });

  it.each([
    ['a time-out', { kind: 'timeout', when: 'after' }, 'timeout'],
    ['a reset', { kind: 'reset', when: 'after' }, 'connection_failed'],
    ['a 502', { kind: 'http_error', status: 502, when: 'after' }, 'platform_unavailable'],
    ['garbage', { kind: 'garbage', when: 'after' }, 'unexpected_answer'],
  ] as const)(
    'that was posted behind %s is found and adopted, not posted again',
    async (_, fault, reason) => {
      const key = await deliver(destination, { ...fault, platform, operation: posting, times: 1 });
      const { deliveries } = await harness.waitForStatus(key, 'confirmed');
      const [post] = harness.sandbox.posts();
      expect(harness.sandbox.posts()).toHaveLength(1);
      expect(deliveries[0]).toMatchObject({
        attempts: [
          { outcome: 'ambiguous', reason },
          { outcome: 'delivered', lookup: 'found' },
        ],
        receipt: { messageId: post?.id },
      });
    },
  );

  it('that fails for ever is given up after exactly the configured attempts', async () => {
    const key = await deliver(destination, {
      kind: 'http_error',
      platform,
      operation: posting,
      status: 503,
    });
    const { deliveries } = await harness.waitForStatus(key, 'dead_lettered');
    expect(deliveries[0]?.attempts).toHaveLength(ATTEMPTS);
    expect(postingTimes(platform, posting)).toHaveLength(ATTEMPTS);
    expect(deliveries[0]?.reason).toBe('platform_unavailable');
  });
});

it.each([
  [OPS, { kind: 'slack_error', error: 'not_in_channel', platform: 'slack' }, 'not_authorised'],
  [OPS, { kind: 'http_error', status: 403, platform: 'slack' }, 'not_authorised'],
  [
    INCIDENTS,
    { kind: 'graph_error', status: 403, code: 'Forbidden', platform: 'teams' },
    'not_authorised',
  ],
  [WEBHOOK, { kind: 'revoked_token', platform: 'teams-webhook' }, 'credentials_rejected'],
] as [string, FaultInput, string][])(
  'to %s, refused with %o, is attempted once and parked',
  async (destination, fault, reason) => {
    const key = await deliver(destination, fault);
    const { deliveries } = await harness.waitForStatus(key, 'dead_lettered');
    expect(deliveries[0]).toMatchObject({
      reason,
      attempts: [{ number: 1, outcome: 'permanent', reason }],
    });
    expect(deliveries[0]?.attempts).toHaveLength(1);
  },
);

it('shows when the next attempt is due while it waits', async () => {
  const key = await deliver(OPS, {
    kind: 'rate_limited',
    platform: 'slack',
    retryAfter: '60',
    times: 1,
  });
  const before = Date.now();
  const message = await harness.waitForNextAttempt(key);
  expect(message).toMatchObject({ status: 'delivering', deliveries: [{ reason: 'rate_limited' }] });
  const due = Date.parse(message.deliveries[0]?.nextAttemptAt ?? '');
  expect(due).toBeGreaterThan(before + 55_000);
});
