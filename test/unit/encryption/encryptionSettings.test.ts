import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../../src/config/configuration.js';
import { readContentKeys } from '../../../src/temporal/encryption/contentKey.js';

const KEY = randomBytes(32);
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-encryption-'));
  await writeFile(join(directory, 'key'), `${KEY.toString('base64')}\n`);
});
afterAll(() => rm(directory, { recursive: true }));

async function load(encryption: unknown, environment: NodeJS.ProcessEnv = {}) {
  const file = join(directory, 'sendproof.yaml');
  await writeFile(file, JSON.stringify({ encryption }));
  return loadConfiguration({ SENDPROOF_CONFIG: file, ...environment }).encryption;
}

const program = process.execPath;

describe('the keys of the configuration', () => {
  it('come from the environment, a file and a command, in their order', async () => {
    const { keys } = await load(
      {
        keys: [
          { id: 'k3', key: { env: 'KEY_3' } },
          { id: 'k2', key: { file: join(directory, 'key') } },
          { id: 'k1', key: { command: [program, '--print', 'process.env.KEY_3'] } },
        ],
      },
      { KEY_3: KEY.toString('hex') },
    );
    expect(readContentKeys(keys)).toEqual(['k3', 'k2', 'k1'].map((id) => ({ id, bytes: KEY })));
    expect(JSON.stringify(keys)).not.toContain(KEY.toString('hex'));
  });

  it('are none by default', async () => {
    expect(await load(undefined)).toEqual({ encrypt: false, keys: [], webUi: [] });
  });

  it.each([
    [{ env: 'NOT_SET_ANYWHERE' }, 'The environment variable NOT_SET_ANYWHERE is not set'],
    [{ file: '/does/not/exist' }, 'The file /does/not/exist is missing or empty'],
    [{ command: ['/does/not/exist'] }, 'The command /does/not/exist can’t be run (ENOENT)'],
    [{ command: [program, '--eval', 'process.exit(3)'] }, 'ended with status 3'],
    [{ command: [program, '--eval', ''] }, 'printed nothing'],
  ])('that can’t be read stop the start: %j', async (key, fault) => {
    const { keys } = await load({ keys: [{ id: 'k1', key }] });
    const read = () => readContentKeys(keys);
    expect(read).toThrow('encryption: the key k1 can’t be read. ');
    expect(read).toThrow(fault);
  });

  it.each([
    ['nothing at all', null, 'encryption: must be'],
    ['no list', {}, 'encryption.keys: '],
    ['an empty list', { keys: [] }, 'encryption.keys: must have a key'],
    ['nothing in the list', { keys: [null] }, 'encryption.keys.0: '],
    ['no key', { keys: [{ id: 'k1', key: null }] }, 'encryption.keys.0.key: must be { env: NAME }'],
    ['the key itself', { keys: [{ id: 'k1', key: 'abc' }] }, 'encryption.keys.0.key: must be {'],
    [
      'two of one id',
      {
        keys: [
          { id: 'k1', key: { env: 'A' } },
          { id: 'k1', key: { env: 'B' } },
        ],
      },
      'encryption.keys.1.id: "k1" is the id of another key too',
    ],
    [
      'an id with a space',
      { keys: [{ id: 'k 1', key: { env: 'A' } }] },
      'encryption.keys.0.id: may have up to 63 letters',
    ],
    [
      'a page for an origin',
      { keys: [{ id: 'k1', key: { env: 'A' } }], webUi: 'https://ui.example/namespaces' },
      'encryption.webUi: must be the origin of a web page',
    ],
    ['a misspelt name', { key: [] }, 'did you mean "keys"?'],
  ])('are refused with %s', async (_, encryption, fault) => {
    await expect(load(encryption)).rejects.toThrow(fault);
  });

  it('write unless they are to read only', async () => {
    const keys = [{ id: 'k1', key: { env: 'A' } }];
    expect(await load({ keys })).toMatchObject({ encrypt: true });
    expect(await load({ keys, encrypt: false })).toMatchObject({ encrypt: false });
    await expect(load({ keys, encrypt: 'no' })).rejects.toThrow('encryption.encrypt: ');
  });

  it('may name the pages that decrypt', async () => {
    const keys = [{ id: 'k1', key: { env: 'A' } }];
    expect((await load({ keys, webUi: 'https://ui.example/' })).webUi).toEqual([
      'https://ui.example',
    ]);
    expect((await load({ keys, webUi: ['http://a:8233', 'https://B'] })).webUi).toEqual([
      'http://a:8233',
      'https://b',
    ]);
  });
});
