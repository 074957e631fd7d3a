import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/configuration.js';
import { labelOf, namesAmong } from '../../src/domain/destinationNames.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OPS = 'slack:default/#ops';
const TEAM = 'teams:default/chats/19:payments@thread.v2';

describe('a destination', () => {
  it.each([
    [OPS, {}, OPS],
    [OPS, { channel: 'C0123ABC' }, `${OPS} (C0123ABC)`],
    ['slack:default/C0123ABC', { channel: 'C0123ABC' }, 'slack:default/C0123ABC'],
    [TEAM, { names: { [TEAM]: 'Payments' } }, `Payments (${TEAM})`],
    [OPS, { names: { [OPS]: 'Ops' }, channel: 'C0123ABC' }, `Ops (${OPS}, C0123ABC)`],
    ['constructor', { names: {} }, 'constructor'],
  ])(
    '%s, of which %j is known, is shown as it is called and written',
    (destination, known, label) => {
      expect(labelOf(destination, known)).toBe(label);
    },
  );

  it('has its own name only', () => {
    expect(namesAmong([OPS], { [OPS]: 'Ops', [TEAM]: 'Payments' })).toEqual({ [OPS]: 'Ops' });
    expect(namesAmong(['toString', TEAM], {})).toBeUndefined();
  });
});

describe('names in the configuration', () => {
  const load = (names: unknown) => {
    const directory = mkdtempSync(join(tmpdir(), 'sendproof-names-'));
    try {
      const file = join(directory, 'sendproof.yaml');
      const accounts = { slack: { default: { token: { env: 'NAMES_SLACK' } } } };
      writeFileSync(file, JSON.stringify({ accounts, names }));
      return loadConfiguration({ SENDPROOF_CONFIG: file, NAMES_SLACK: 'token' }).names;
    } finally {
      rmSync(directory, { recursive: true });
    }
  };

  it('are read', () => {
    expect(load({ [OPS]: ' Ops ' })).toEqual({ [OPS]: 'Ops' });
    expect(load(undefined)).toEqual({});
  });

  it.each<[unknown, RegExp]>([
    [{ ops: 'Ops' }, /names\.ops: must have the form/],
    [
      { 'slack:defalt/C0123ABC': 'Ops' },
      /names\.slack:defalt\/C0123ABC: the account "slack:defalt" is not configured/,
    ],
    [{ 'slack:default/ops': 'Ops' }, /names\.slack:default\/ops: /],
    [{ [OPS]: '' }, /names\.slack:default\/#ops: must not be empty/],
    [{ [OPS]: 'a\nb' }, /must be one line/],
    [{ [OPS]: 'a\u202eb' }, /must be one line/],
    [{ [OPS]: 'x'.repeat(81) }, /at most 80/],
    [['Ops'], /names: /],
    [{ [OPS]: 5 }, /names\.slack:default\/#ops: /],
  ])('%j are refused, with the place and the remedy', (names, fault) => {
    expect(() => load(names)).toThrow(fault);
  });
});
