/** That docs/explanation/security.md names requirements once each, and only tests that there are. */
import { readFile, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';

const DOCUMENT = new URL('../../docs/explanation/security.md', import.meta.url);
const text = await readFile(DOCUMENT, 'utf8');
const rows = text
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, requirement = '']) => /^\d+\.\d+\.\d+/.test(requirement));

it('names each requirement of the standard once', () => {
  const named = rows.flatMap(([, requirement = '']) => requirement.split(/[–,]\s*/));
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((each) => !/^\d+\.\d+\.\d+$/.test(each))).toEqual([]);
  expect(named.toSorted()).toEqual([...new Set(named)].toSorted());
});

it('says of each whether it holds, and why', () => {
  const answers = ['yes', 'partly', 'no', '–'];
  expect(rows.filter(([, , holds = '']) => !answers.includes(holds))).toEqual([]);
  expect(rows.filter(([, , , why = '']) => why === '')).toEqual([]);
});

it('names tests that there are', async () => {
  const paths = [...text.matchAll(/\]\((\.\.\/\.\.\/test\/[^)]+)\)/g)].map(([, path = '']) => path);
  expect(paths.length).toBeGreaterThan(50);
  for (const path of new Set(paths)) {
    expect((await stat(new URL(path, DOCUMENT))).isFile(), path).toBe(true);
  }
});
