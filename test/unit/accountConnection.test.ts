/** What one worker process knows of an account: when it may be called, and what it reports. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  AccountConnection,
  AccountHeldBack,
  type AccountCall,
} from '../../src/accounts/accountConnection.js';
import type { Slowdown } from '../../src/accounts/accountPace.js';
import type { ConfiguredAccount } from '../../src/config/configuration.js';
import { DeliveryError } from '../../src/domain/delivery.js';
import type { DestinationAdapter } from '../../src/destinations/destination.js';
import { slack } from '../../src/destinations/slack/platform.js';
import type { AccountTrouble } from '../../src/contract/accountTrouble.js';
import { ConfigurationError } from '../../src/lib/configurationError.js';

const slackChannel = (number: number) => `slack:default/C${number}` as const;

const REFUSED = new DeliveryError('Slack answered token_revoked.', {
  outcome: 'permanent',
  reason: 'credentials_rejected',
  httpStatus: 200,
});
const limited = (retryAfterMs?: number) =>
  new DeliveryError('Slack answered HTTP 429.', {
    outcome: 'transient',
    reason: 'rate_limited',
    httpStatus: 429,
    retryAfterMs,
  });

let secretIsThere: boolean;
let worksWhenAsked: boolean;
let made: number;
let troubles: AccountTrouble[];
let slowdowns: Slowdown[];
let connection: AccountConnection;

beforeEach(() => {
  vi.useFakeTimers();
  secretIsThere = true;
  worksWhenAsked = true;
  made = 0;
  troubles = [];
  slowdowns = [];
  const createAdapter = (): DestinationAdapter => {
    if (!secretIsThere) throw new ConfigurationError('The file token is missing or empty.');
    made += 1;
    return {
      layout: () => ({ parts: 1 }),
      post: () => Promise.resolve({}),
      check: () =>
        worksWhenAsked ? Promise.resolve({ identity: 'app' }) : Promise.reject(REFUSED),
    };
  };
  connection = accountOn({ ...slack, createAdapter });
});
afterEach(() => {
  connection.close();
  vi.useRealTimers();
});

function accountOn(platform: ConfiguredAccount['platform']): AccountConnection {
  const account = { platform, name: 'default' } as ConfiguredAccount;
  return new AccountConnection(account, {
    trouble: (trouble) => troubles.push(trouble),
    slowdown: (slowdown) => slowdowns.push(slowdown),
  });
}

const acquire = (waitsAtMostMs = 0, dueAt = '2026-11-25T12:00:00.000Z'): Promise<AccountCall> =>
  connection.acquire({
    priority: 3,
    dueAt,
    waitsAtMostMs,
    signal: new AbortController().signal,
  });

describe('credentials that are refused', () => {
  it('are used no more, and reported once for all that were under way', async () => {
    connection.open();
    const call = await acquire();
    for (const number of [1, 2, 3]) {
      expect(connection.recordResult(call, slackChannel(number), REFUSED)).toBe(true);
    }
    expect(troubles).toMatchObject([{ kind: 'credentials_rejected' }]);
    await expect(acquire()).rejects.toThrow(AccountHeldBack);
    expect(made).toBe(1);
  });

  it('are tried by one delivery after a while, and then more and more seldom', async () => {
    connection.open();
    connection.recordResult(await acquire(), slackChannel(1), REFUSED);
    const trials: number[] = [];
    const from = Date.now();
    while (Date.now() < from + 10 * 60_000) {
      const call = await acquire().catch(() => undefined);
      if (call) {
        trials.push((Date.now() - from) / 1_000);
        await expect(acquire()).rejects.toThrow(AccountHeldBack);
        connection.recordResult(call, slackChannel(1), REFUSED);
      }
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(trials.length).toBeGreaterThan(5);
    expect(trials.length).toBeLessThan(12);
  });

  it('are used again once a check of new ones succeeds, and not before', async () => {
    connection.open();
    connection.recordResult(await acquire(), slackChannel(1), REFUSED);
    worksWhenAsked = false;
    await expect(connection.check()).rejects.toThrow('token_revoked');
    await expect(acquire()).rejects.toThrow(AccountHeldBack);
    worksWhenAsked = true;
    await connection.check();
    expect(await acquire()).toBeDefined();
  });

  it('let those who wait go at the moment when a check succeeds, those that were due first before the others', async () => {
    connection.open();
    connection.recordResult(await acquire(), slackChannel(1), REFUSED);
    const gone: string[] = [];
    for (const minute of ['07', '03', '05']) {
      void acquire(60_000, `2026-11-25T12:${minute}:00.000Z`).then(() => gone.push(minute));
    }
    await vi.advanceTimersByTimeAsync(14_000);
    expect(gone).toEqual([]);
    await connection.check();
    await vi.advanceTimersByTimeAsync(0);
    expect(gone).toEqual(['03', '05', '07']);
  });

  it('hold nobody longer than it may wait, and nobody at all in a process that stops', async () => {
    connection.open();
    connection.recordResult(await acquire(), slackChannel(1), REFUSED);
    const short = expect(acquire(1_000)).rejects.toThrow('token_revoked');
    await vi.advanceTimersByTimeAsync(1_000);
    await short;
    const long = expect(acquire(60_000)).rejects.toThrow(AccountHeldBack);
    connection.close();
    await long;
  });

  it('that were replaced meanwhile say nothing of the new ones', async () => {
    connection.open();
    const old = await acquire();
    connection.recordResult(old, slackChannel(1), REFUSED);
    await connection.check();
    expect(connection.recordResult(old, slackChannel(2), REFUSED)).toBe(true);
    expect((await acquire()).adapter).not.toBe(old.adapter);
    expect(troubles).toHaveLength(1);
  });

  it('that can’t be read are the same trouble, from the start', async () => {
    secretIsThere = false;
    expect(connection.open()).toContain('missing or empty');
    expect(troubles).toMatchObject([{ kind: 'credentials_rejected' }]);
    await expect(acquire()).rejects.toThrow(AccountHeldBack);
    const waits = acquire(60_000);
    await vi.advanceTimersByTimeAsync(16_000);
    secretIsThere = true;
    await connection.check();
    expect(await waits).toBeDefined();
  });

  it('of a destination are that destination’s', async () => {
    connection = accountOn({ ...connection.account.platform, credentials: 'destination' });
    connection.open();
    expect(connection.recordResult(await acquire(), slackChannel(1), REFUSED)).toBe(false);
    expect(await acquire()).toBeDefined();
    expect(troubles).toEqual([]);
  });
});

describe('429', () => {
  /** So many calls, each for another of the channels. */
  async function call(count: number, channels: number, error?: DeliveryError): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      connection.recordResult(await acquire(), slackChannel(index % channels), error);
      await vi.advanceTimersByTimeAsync(20);
    }
  }

  it('of most calls to several destinations is the account’s: it pauses, and those who wait go one by one', async () => {
    connection.open();
    await call(40, 20);
    const failing = call(40, 20, limited(3_000));
    await expect(failing).rejects.toThrow(AccountHeldBack);
    expect(slowdowns).toHaveLength(1);
    expect(connection.isLimited).toBe(true);

    const gone: number[] = [];
    for (const number of [1, 2, 3]) {
      void acquire(60_000).then((probe) => {
        gone.push(number);
        connection.recordResult(
          probe,
          slackChannel(number),
          number === 3 ? undefined : limited(1_000),
        );
      });
    }
    await vi.advanceTimersByTimeAsync(2_900);
    expect(gone).toEqual([]);
    await vi.advanceTimersByTimeAsync(400);
    expect(gone).toEqual([1]);
    await vi.advanceTimersByTimeAsync(3_400);
    expect(gone).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(3_400);
    expect(gone).toEqual([1, 2, 3]);
    expect(troubles).toEqual([]);
  });

  it('of edits and look-ups says nothing of posts', async () => {
    connection.open();
    await call(40, 20);
    const { message, outcome, reason, httpStatus } = limited();
    await call(
      40,
      20,
      new DeliveryError(message, { outcome, reason, httpStatus, separateLimit: true }),
    );
    expect(slowdowns).toEqual([]);
    expect(connection.isLimited).toBe(false);
  });

  it('of one destination, or of few of many, is theirs', async () => {
    connection.open();
    await call(40, 20);
    await call(40, 1, limited(1_000));
    await call(40, 20);
    for (let round = 0; round < 20; round += 1) {
      await call(32, 20);
      await call(1, 1, limited(1_000));
    }
    expect(slowdowns).toEqual([]);
    expect(connection.isLimited).toBe(false);
  });

  it('during a refusal of the credentials, and a refusal during a pause, are both known', async () => {
    connection.open();
    await expect(call(40, 20, limited(3_000))).rejects.toThrow(AccountHeldBack);
    const probe = acquire(60_000);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(connection.recordResult(await probe, slackChannel(1), REFUSED)).toBe(true);
    expect(troubles).toMatchObject([{ kind: 'credentials_rejected' }]);
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(acquire()).rejects.toThrow('token_revoked');
    await connection.check();
    expect(await acquire(1)).toBeDefined();
  });
});
