/** What one worker process knows of an account: when it may be called, and what it reports. */
import { beforeEach, describe, expect, it } from 'vitest';
import { AccountConnection, AccountHeldBack } from '../../src/accounts/accountConnection.js';
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

let now: number;
let secretIsThere: boolean;
let worksWhenAsked: boolean;
let made: number;
let reports: AccountTrouble[];
let connection: AccountConnection;

beforeEach(() => {
  now = 1_000_000;
  secretIsThere = true;
  worksWhenAsked = true;
  made = 0;
  reports = [];
  const createAdapter = (): DestinationAdapter => {
    if (!secretIsThere) throw new ConfigurationError('The file token is missing or empty.');
    made += 1;
    return {
      post: () => Promise.resolve({}),
      check: () =>
        worksWhenAsked ? Promise.resolve({ identity: 'app' }) : Promise.reject(REFUSED),
    };
  };
  connection = accountOn({ ...slack, createAdapter });
});

function accountOn(platform: ConfiguredAccount['platform']): AccountConnection {
  const account = { platform, name: 'default' } as ConfiguredAccount;
  return new AccountConnection(
    account,
    (trouble) => reports.push(trouble),
    () => now,
  );
}

describe('credentials that are refused', () => {
  it('are used no more, and reported once for all that were under way', () => {
    connection.open();
    const adapter = connection.acquireAdapter();
    for (const number of [1, 2, 3]) {
      expect(connection.recordResult(adapter, slackChannel(number), REFUSED)).toBe(true);
    }
    expect(reports).toMatchObject([{ kind: 'credentials_rejected' }]);
    expect(() => connection.acquireAdapter()).toThrow(AccountHeldBack);
    expect(made).toBe(1);
  });

  it('are tried by one delivery after a while, and then more and more seldom', () => {
    connection.open();
    connection.recordResult(connection.acquireAdapter(), slackChannel(1), REFUSED);
    const trials: number[] = [];
    const from = now;
    for (; now < from + 10 * 60_000; now += 1_000) {
      try {
        const adapter = connection.acquireAdapter();
        trials.push((now - from) / 1_000);
        expect(() => connection.acquireAdapter()).toThrow(AccountHeldBack);
        connection.recordResult(adapter, slackChannel(1), REFUSED);
      } catch (error) {
        if (!(error instanceof AccountHeldBack)) throw error;
      }
    }
    expect(trials.length).toBeGreaterThan(1);
    expect(trials.length).toBeLessThan(6);
  });

  it('are used again once a check of new ones succeeds, and not before', async () => {
    connection.open();
    connection.recordResult(connection.acquireAdapter(), slackChannel(1), REFUSED);
    worksWhenAsked = false;
    await expect(connection.check()).rejects.toThrow('token_revoked');
    expect(() => connection.acquireAdapter()).toThrow(AccountHeldBack);
    worksWhenAsked = true;
    await connection.check();
    expect(connection.acquireAdapter()).toBeDefined();
  });

  it('that were replaced meanwhile say nothing of the new ones', async () => {
    connection.open();
    const old = connection.acquireAdapter();
    connection.recordResult(old, slackChannel(1), REFUSED);
    await connection.check();
    expect(connection.recordResult(old, slackChannel(2), REFUSED)).toBe(true);
    expect(connection.acquireAdapter()).not.toBe(old);
    expect(reports).toHaveLength(1);
  });

  it('that can’t be read are the same trouble, from the start', async () => {
    secretIsThere = false;
    expect(connection.open()).toContain('missing or empty');
    expect(reports).toMatchObject([{ kind: 'credentials_rejected' }]);
    expect(() => connection.acquireAdapter()).toThrow(AccountHeldBack);
    secretIsThere = true;
    await connection.check();
    expect(connection.acquireAdapter()).toBeDefined();
  });

  it('of a destination are that destination’s', () => {
    const webhooks = accountOn({ ...connection.account.platform, credentials: 'destination' });
    webhooks.open();
    expect(webhooks.recordResult(webhooks.acquireAdapter(), slackChannel(1), REFUSED)).toBe(false);
    expect(webhooks.acquireAdapter()).toBeDefined();
    expect(reports).toEqual([]);
  });
});

describe('429', () => {
  it('of three destinations within seconds is the account’s: it pauses for the shortest time that was asked for', () => {
    connection.open();
    const adapter = connection.acquireAdapter();
    connection.recordResult(adapter, slackChannel(1), limited(600_000));
    connection.recordResult(adapter, slackChannel(2), limited(3_000));
    expect(connection.acquireAdapter()).toBe(adapter);
    connection.recordResult(adapter, slackChannel(3), limited());
    expect(() => connection.acquireAdapter()).toThrow(AccountHeldBack);
    expect(reports).toMatchObject([{ kind: 'rate_limited', retryAfterMs: 3_000 }]);
    now += 3_000;
    expect(connection.acquireAdapter()).toBe(adapter);
  });

  it('of one destination, or of several over time, is theirs', () => {
    connection.open();
    const adapter = connection.acquireAdapter();
    for (let index = 0; index < 20; index += 1) {
      connection.recordResult(adapter, slackChannel(1), limited(1_000));
      connection.recordResult(adapter, slackChannel(index), limited(1_000));
      now += 6_000;
    }
    expect(connection.acquireAdapter()).toBe(adapter);
    expect(reports).toEqual([]);
  });
});
