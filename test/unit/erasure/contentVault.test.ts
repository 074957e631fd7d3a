import { randomBytes } from 'node:crypto';
import {
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContentCodec } from '../../../src/temporal/encryption/contentCodec.js';
import { UnreadableContent } from '../../../src/temporal/encryption/unreadableContent.js';
import { ContentVault, sealedUntil } from '../../../src/temporal/erasure/contentVault.js';
import { ContentErased } from '../../../src/temporal/erasure/unavailableContent.js';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-11-26T15:00:00Z');

let directory: string;
let nowMs: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-vault-'));
  nowMs = START;
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** Each is as another process has it. */
function vault(codec = new ContentCodec([])): ContentVault {
  return new ContentVault({ directory: join(directory, 'keys'), codec, now: () => nowMs });
}

const keyOf = (id: string) => ({ id, bytes: randomBytes(32) });
const keyFiles = () => readdir(join(directory, 'keys'));

describe('sealed content', () => {
  it('is opened by every process in its context, whatever it is, and in no other', async () => {
    const one = vault();
    const seal = await one.newSeal(30 * DAY_MS);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 50 }), async (text) => {
        const sealed = await one.seal(seal, 'content a', text);
        expect(await vault().open(sealed, 'content a')).toBe(text);
        await expect(vault().open(sealed, 'content b')).rejects.toThrow(UnreadableContent);
      }),
      { numRuns: 10 },
    );
  });

  it.each([
    '',
    'sealed:',
    'sealed:x:y',
    'sealed:2026-13-99.1.00000000.0000000000000000:AAAA',
    '::',
  ])('is refused as unreadable where it is none: "%s"', async (text) => {
    await expect(vault().open(text, 'content a')).rejects.toThrow(UnreadableContent);
  });

  it('has one key for a day, also where many processes make it at the same moment', async () => {
    const made = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const own = vault();
        return await own.seal(await own.newSeal(DAY_MS), 'c', 'text');
      }),
    );
    expect(await keyFiles()).toEqual(['2026-11-26.86400.key']);
    for (const sealed of made) expect(await vault().open(sealed, 'c')).toBe('text');
    const { mode } = await stat(join(directory, 'keys', '2026-11-26.86400.key'));
    expect(mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'keys'))).mode & 0o777).toBe(0o700);
  });

  it('is kept for its retention after its day, or after the day on which it is due', async () => {
    const own = vault();
    expect(sealedUntil(await own.newSeal(30 * DAY_MS))).toBe('2026-12-27T00:00:00.000Z');
    const later = await own.newSeal(30 * DAY_MS, Date.parse('2026-12-01T00:00:00Z'));
    expect(sealedUntil(later)).toBe('2027-01-01T00:00:00.000Z');
  });
});

describe('the end of the retention', () => {
  it('closes the content for every process at once, and destroys the key', async () => {
    const one = vault();
    const seal = await one.newSeal(2 * DAY_MS);
    const sealed = await one.seal(seal, 'c', 'text');
    const key = join(directory, 'keys', '2026-11-26.172800.key');
    const bytes = await readFile(key);
    nowMs = Date.parse('2026-11-28T23:59:59.999Z');
    expect(await one.destroyEnded()).toEqual([]);
    expect(await vault().open(sealed, 'c')).toBe('text');
    nowMs += 1;
    await expect(one.open(sealed, 'c')).rejects.toThrow(
      'Its content was erased at 2026-11-29T00:00:00.000Z, when its retention ended.',
    );
    expect(await one.destroyEnded()).toEqual(['2026-11-26.172800']);
    expect(await keyFiles()).toEqual([]);
    expect(await vault().destroyEnded()).toEqual([]);
    await expect(vault().open(sealed, 'c')).rejects.toThrow(ContentErased);
    // The file's bytes, had somebody kept them, open nothing through the product either.
    await writeFile(key, bytes);
    await expect(vault().open(sealed, 'c')).rejects.toThrow(ContentErased);
  });

  it('leaves the keys of other days and other retentions', async () => {
    const own = vault();
    await own.newSeal(DAY_MS);
    const longer = await own.seal(await own.newSeal(90 * DAY_MS), 'c', 'longer');
    nowMs += DAY_MS;
    await own.newSeal(DAY_MS);
    nowMs += DAY_MS;
    expect(await own.destroyEnded()).toEqual(['2026-11-26.86400']);
    expect(await keyFiles()).toEqual(['2026-11-26.7776000.key', '2026-11-27.86400.key']);
    expect(await own.open(longer, 'c')).toBe('longer');
  });
});

describe('the erasure of one message', () => {
  it('is final for every process, says who and when, and leaves all others', async () => {
    const [one, two] = [vault(), vault()];
    const seals = await Promise.all(Array.from({ length: 8 }, () => one.newSeal(30 * DAY_MS)));
    const sealed = await Promise.all(seals.map((seal) => one.seal(seal, 'c', seal)));
    for (const each of sealed) await two.open(each, 'c');
    const [first = '', second = ''] = seals;
    const by = { by: 'privacy', reason: 'asked for' };
    const erasure = { because: 'person', at: '2026-11-26T15:00:00.000Z', ...by };
    expect(await one.erase(first, by)).toEqual(erasure);
    nowMs += 1_000;
    expect(await two.erase(first, { by: 'somebody else' })).toEqual(erasure);
    // Two processes at the same moment.
    await Promise.all([one.erase(second, by), two.erase(seals[2] ?? '', by)]);
    for (const [index, each] of sealed.entries()) {
      const opened = two.open(each, 'c');
      if (index < 3) await expect(opened).rejects.toThrow(ContentErased);
      else expect(await opened).toBe(seals[index]);
    }
    await expect(two.seal(first, 'c', 'again')).rejects.toThrow(ContentErased);
    await expect(two.hashKey(first)).rejects.toThrow(ContentErased);
    expect(await keyFiles()).toEqual(['2026-11-26.2592000.key']);
    nowMs += 60 * DAY_MS;
    await two.destroyEnded();
    expect(await keyFiles()).toEqual(['2026-11-26.2592000.erased']);
    expect(await vault().erasureOf(first)).toEqual(erasure);
    expect(await vault().erasureOf(seals[7] ?? '')).toMatchObject({ because: 'retention' });
  });
});

describe('a directory that other processes change', () => {
  it('is read as it is, also while messages are erased one after the other', async () => {
    const [one, two] = [vault(), vault()];
    const sealed = await one.seal(await one.newSeal(30 * DAY_MS), 'c', 'text');
    const others = await Promise.all(Array.from({ length: 20 }, () => one.newSeal(30 * DAY_MS)));
    const progress = { isOver: false };
    const erasing = (async () => {
      for (const each of others) await one.erase(each, {});
      progress.isOver = true;
    })();
    do expect(await two.open(sealed, 'c')).toBe('text');
    while (!progress.isOver);
    await erasing;
    for (const each of others) expect(await two.erasureOf(each)).toBeDefined();
  });

  it('keeps nothing of what a lost process has left', async () => {
    const own = vault();
    const seal = await own.newSeal(30 * DAY_MS);
    const name = '2026-11-26.2592000';
    const left = (suffix: string) => join(directory, 'keys', `.${name}.0a1b2c3d${suffix}`);
    await copyFile(join(directory, 'keys', `${name}.key`), left('.draft'));
    await own.erase(seal, {});
    expect(await keyFiles()).toEqual([`${name}.key`]);
    for (const suffix of ['.draft', '.new']) {
      await copyFile(join(directory, 'keys', `${name}.key`), left(suffix));
    }
    nowMs += 60 * DAY_MS;
    await own.destroyEnded();
    expect(await keyFiles()).toEqual([`${name}.erased`]);
  });

  it('that can’t be used is said plainly, and nothing is accepted', async () => {
    await writeFile(join(directory, 'keys'), 'a file is in its place');
    await expect(vault().newSeal(DAY_MS)).rejects.toThrow(
      /can’t be sealed: the directory .*keys of contentRetention can’t be used \((EEXIST|ENOTDIR)\)/,
    );
  });
});

describe('a key that is missing before its time', () => {
  it('is an incident that names the directory, and no erasure', async () => {
    const own = vault();
    const seal = await own.newSeal(30 * DAY_MS);
    const sealed = await own.seal(seal, 'c', 'text');
    const [file = ''] = await keyFiles();
    await unlink(join(directory, 'keys', file));
    await expect(own.open(sealed, 'c')).rejects.toThrow(
      /key 2026-11-26\.2592000 is missing in .*keys, though it is kept until 2026-12-27T00:00:00\.000Z/,
    );
    await expect(own.erase(seal, {})).rejects.toThrow(UnreadableContent);
    expect(own.warnings).toEqual([expect.stringContaining('Some messages can’t be read. Their')]);
    // The next message makes another one with its name, which is not taken for it.
    await own.newSeal(30 * DAY_MS);
    await expect(own.open(sealed, 'c')).rejects.toThrow('is another one than it was sealed with');
  });
});

describe('keys of an installation that encrypts', () => {
  it('are encrypted themselves, and named by the key that opens them', async () => {
    const k1 = keyOf('k1');
    const own = vault(new ContentCodec([k1]));
    const sealed = await own.seal(await own.newSeal(DAY_MS), 'c', 'text');
    const [file = ''] = await keyFiles();
    const bytes = await readFile(join(directory, 'keys', file), 'latin1');
    expect(bytes).toContain('binary/encrypted');
    expect(bytes).not.toContain('nodes');
    expect(await vault(new ContentCodec([keyOf('k2'), k1])).open(sealed, 'c')).toBe('text');
    await expect(vault(new ContentCodec([keyOf('k2')])).open(sealed, 'c')).rejects.toThrow(
      'encrypted with the key k1, which this installation doesn’t have',
    );
  });
});
