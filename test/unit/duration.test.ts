import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/configuration.js';
import { durationMs } from '../../src/lib/duration.js';
import { runSendproof } from '../sendproofCommand.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function configured(content: object, environment: NodeJS.ProcessEnv = {}) {
  const file = join(directory, 'sendproof.yaml');
  // JSON is YAML too.
  await writeFile(file, JSON.stringify(content));
  return loadConfiguration({ PORT: '0', SENDPROOF_CONFIG: file, ...environment });
}

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5 h', 5_400_000],
    ['2 days', 172_800_000],
    ['0.2ms', 1],
    ['10y', 315_576_000_000],
    ['3652.5d', 315_576_000_000],
  ])('%s is %i ms', (text, expected) => {
    expect(durationMs.parse(text)).toBe(expected);
  });

  it.each([
    ['86400', 'write 86400s or 24h'],
    ['3', 'write 3s, 3m or 3h'],
    ['300', 'write 300s or 5m'],
    [86_400, 'write 86400s or 24h'],
    [' 60 ', 'write 60s or 1m'],
    ['1.5', 'write 1.5s'],
    ['-5', 'not a duration'],
    ['-5s', 'not a duration'],
    ['0s', 'not a duration'],
    ['soon', 'not a duration'],
    ['5 parsecs', 'not a duration'],
    ['', 'not a duration'],
    ['9'.repeat(90) + 'y', 'at most 10y'],
  ])('%j is refused: %s', (value, words) => {
    expect(durationMs.safeParse(value).error?.issues[0]?.message).toContain(words);
  });

  it('always needs a unit', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.float({ noNaN: true }), fc.nat().map(String)), (number) => {
        expect(durationMs.safeParse(number).success).toBe(false);
      }),
    );
  });
});

describe('a duration without a unit is refused with the name of its field', () => {
  it.each(['86400', '3', '0.5'])('in the environment: DEDUPLICATION_WINDOW=%s', async (value) => {
    await expect(configured({}, { DEDUPLICATION_WINDOW: value })).rejects.toThrow(
      /^DEDUPLICATION_WINDOW is .*: set it to a duration with its unit, as 24h/,
    );
  });

  it.each<[string, object]>([
    ['deduplicationWindow', { deduplicationWindow: 86_400 }],
    ['sources.x.deduplicationWindow', { sources: { x: { deduplicationWindow: '60' } } }],
    ['retry.x.initialDelay', { retry: { x: { initialDelay: 1 } } }],
    ['retry.x.giveUpAfter', { retry: { x: { giveUpAfter: '300' } } }],
    ['acknowledgements.requestTimeout', { acknowledgements: { requestTimeout: 15 } }],
    ['operators.digestWindow', { operators: { destinations: ['slack:a/C1'], digestWindow: 5 } }],
    [
      'accounts.slack.a.requestTimeout',
      { accounts: { slack: { a: { token: { env: 'T' }, requestTimeout: 10 } } } },
    ],
  ])('in the configuration: %s', async (field, content) => {
    await expect(configured(content)).rejects.toThrow(`${field}: needs a unit: write`);
  });

  it.each([
    ['status', 'a-key', '--wait', '--timeout', '30'],
    ['list', '--since', '30'],
    ['list', '--until', '2'],
  ])('on the command line: %s %s %s', async (...args) => {
    const { exitCode, stderr } = await runSendproof(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('unit');
  });
});
