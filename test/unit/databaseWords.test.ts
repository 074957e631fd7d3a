import { expect, it } from 'vitest';
import { databaseWords } from '../../src/embedded/devServer.js';

const line = (error: string, msg = 'Operation failed with internal error.') =>
  JSON.stringify({ level: 'ERROR', msg, error });

it.each<[string, string | undefined]>([
  [
    line(
      'UpdateShard operation failed. Failed to commit transaction. Error: database or disk is full (13)',
    ),
    'database or disk is full',
  ],
  [line('database or disk is full (13)', 'service failures'), 'database or disk is full'],
  [line('attempt to write a readonly database (8)'), 'attempt to write a readonly database'],
  [line('disk I/O error (4874)'), 'disk I/O error'],
  [line('database disk image is malformed (11)'), 'database disk image is malformed'],
  [line('shard status unknown'), undefined],
  [line('context deadline exceeded'), undefined],
  [line('workflow database (13 of them) not found'), undefined],
  ['database or disk is full (13)', 'database or disk is full'],
  ['', undefined],
])('finds what the database said in a line of the server: %s', (written, words) => {
  expect(databaseWords(written)).toBe(words);
});
