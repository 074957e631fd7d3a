import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfiguration, type Configuration } from '../../src/config/configuration.js';
import { PLATFORMS } from '../../src/destinations/registry.js';

describe('sendproof.example.yaml', () => {
  const example = loadConfiguration({
    SENDPROOF_CONFIG: join(import.meta.dirname, '../../sendproof.example.yaml'),
  });
  let directory: string;
  let defaults: Configuration;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sendproof-example-'));
    const empty = join(directory, 'sendproof.yaml');
    await writeFile(empty, '');
    defaults = loadConfiguration({ SENDPROOF_CONFIG: empty });
  });
  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  it('is a configuration that sendproof takes, with an account on every platform', () => {
    const platforms = example.accounts.map(({ platform }) => platform.name);
    expect(new Set(platforms)).toEqual(new Set(PLATFORMS.map(({ name }) => name)));
  });

  it('shows the defaults as they are', () => {
    expect(example.retryProfiles.default).toEqual(defaults.retryProfiles.default);
    expect(example.deduplicationWindow.defaultMs).toBe(defaults.deduplicationWindow.defaultMs);
  });

  it('gives an account the retry profile that it names', () => {
    const emea = example.accounts.find(({ name }) => name === 'emea');
    expect(emea?.retry).toEqual(example.retryProfiles.impatient);
  });
});
