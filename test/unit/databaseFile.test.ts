import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkDatabaseFile } from '../../src/embedded/databaseFile.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-'));
});
afterAll(() => rm(directory, { recursive: true }));

it('accepts a database, and that there is none yet', async () => {
  await checkDatabaseFile(join(directory, 'none.db'));
  const path = join(directory, 'some.db');
  await writeFile(path, 'SQLite format 3\0 and its pages');
  await checkDatabaseFile(path);
  expect(existsSync(path)).toBe(true);
});

it('removes an empty file, in which the server would create no tables', async () => {
  const path = join(directory, 'empty.db');
  await writeFile(path, '');
  await checkDatabaseFile(path);
  expect(existsSync(path)).toBe(false);
});

it('refuses another file, a directory, and what a file is in the way of', async () => {
  const path = join(directory, 'notes.txt');
  await writeFile(path, 'notes');
  for (const wrong of [path, directory, join(path, 'below.db')]) {
    await expect(checkDatabaseFile(wrong)).rejects.toThrow(
      /can’t be used: it .*SENDPROOF_DATA_DIR/,
    );
  }
});
