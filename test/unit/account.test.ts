import { describe, expect, it } from 'vitest';
import { accountId, parseAccountId } from '../../src/domain/account.js';
import { partsOf } from '../../src/domain/destination.js';

describe('an account’s id', () => {
  it('is the beginning of its destinations', () => {
    expect(accountId({ platform: 'slack', account: 'default' })).toBe('slack:default');
  });

  it.each([
    { platform: 'slack', account: 'default' },
    { platform: 'teams-webhook', account: 'on-call_2.eu' },
  ])('is read back: $platform $account', (parts) => {
    expect(parseAccountId(accountId(parts))).toEqual(parts);
  });
});

describe('the parts of a recorded destination', () => {
  const destination = 'teams:eu/0a1b2c3d/19:incidents@thread.tacv2';
  const parts = { platform: 'teams', account: 'eu', path: '0a1b2c3d/19:incidents@thread.tacv2' };

  it('are those that were recorded', () => {
    expect(partsOf({ destination, parts })).toBe(parts);
  });

  it('are parsed where an earlier release recorded none', () => {
    expect(partsOf({ destination })).toEqual(parts);
  });
});
