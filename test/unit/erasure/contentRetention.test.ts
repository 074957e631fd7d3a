import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadConfiguration, type Configuration } from '../../../src/config/configuration.js';

const DAY_MS = 86_400_000;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-retention-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function retentionOf(settings: object): Promise<Configuration['contentRetention']> {
  const file = join(directory, 'sendproof.yaml');
  await writeFile(file, stringify(settings));
  return loadConfiguration({
    SENDPROOF_CONFIG: file,
    SENDPROOF_DATA_DIR: '/data',
    SLACK_BOT_TOKEN: 'unused',
  }).contentRetention;
}

describe('contentRetention', () => {
  const none = { defaultMs: undefined, bySourceMs: {}, keyDirectory: '/data/content-keys' };
  it.each<[string, object, object]>([
    ['nothing', {}, none],
    ['a time', { contentRetention: '30d' }, { ...none, defaultMs: 30 * DAY_MS }],
    [
      'a directory of its own',
      { contentRetention: { after: '2d', keyDirectory: '/keys' } },
      { ...none, defaultMs: 2 * DAY_MS, keyDirectory: '/keys' },
    ],
    [
      'a directory in the data directory',
      { contentRetention: { keyDirectory: 'keys' } },
      { ...none, keyDirectory: '/data/keys' },
    ],
    [
      'a source',
      { sources: { ci: { contentRetention: '60d' } } },
      { ...none, bySourceMs: { ci: 60 * DAY_MS } },
    ],
  ])('may be %s', async (_words, settings, expected) => {
    expect(await retentionOf(settings)).toEqual(expected);
  });

  it.each<[string, object, RegExp]>([
    ['shorter than a day', { contentRetention: '23h' }, /contentRetention.*at least 1d/],
    ['a number', { contentRetention: 30 }, /contentRetention/],
    ['nonsense', { contentRetention: { after: 'soon' } }, /contentRetention.*not a duration/],
    ['misspelt', { contentRetention: { aftr: '30d' } }, /contentRetention.*after/],
    ['shorter for a source', { sources: { ci: { contentRetention: '1h' } } }, /sources\.ci.*1d/],
    [
      'shorter than a delivery may be tried',
      { contentRetention: '1d', retry: { slow: { attempts: 1_000, maximumDelay: '1h' } } },
      /contentRetention: must be at least .*retry profile slow may try/,
    ],
    [
      'shorter for a source than a delivery may be tried',
      {
        contentRetention: '90d',
        sources: { ci: { contentRetention: '2d' } },
        retry: { slow: { attempts: 1_000, maximumDelay: '1h' } },
      },
      /sources\.ci\.contentRetention: must be at least .*retry profile slow/,
    ],
  ])('may not be %s', async (_words, settings, expected) => {
    await expect(retentionOf(settings)).rejects.toThrow(expected);
  });

  it('may be shorter than a profile’s attempts where that gives up before', async () => {
    const slow = { attempts: 1_000, maximumDelay: '1h', giveUpAfter: '12h' };
    const { defaultMs } = await retentionOf({ contentRetention: '2d', retry: { slow } });
    expect(defaultMs).toBe(2 * DAY_MS);
  });
});
