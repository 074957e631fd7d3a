/** The parts of the documents that follow from the code are current. `npm run reference` writes them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markdownTable, withPart } from '../../dev/reference/markdown.js';
import { REFERENCE_PARTS, writtenDocument } from '../../dev/reference/parts.js';
import { SETTING_MEANINGS } from '../../dev/reference/settingMeanings.js';
import { ofQueues, settings } from '../../dev/reference/settingsTable.js';

const ROOT = join(import.meta.dirname, '../..');
const FILES = [...new Set(REFERENCE_PARTS.map(({ file }) => file))];

it.each(FILES)('%s is current (npm run reference)', async (file) => {
  const document = await readFile(join(ROOT, file), 'utf8');
  expect(await writtenDocument(file, document)).toBe(document);
});

it('each setting has a meaning, and each meaning a setting', () => {
  const paths = settings().map(({ path }) => path);
  const known = Object.keys(SETTING_MEANINGS);
  expect(paths.filter((path) => !known.includes(path) && !known.includes(ofQueues(path)))).toEqual(
    [],
  );
  expect(known.filter((path) => !paths.includes(path))).toEqual([]);
});

describe('a part of a document', () => {
  const document =
    'Before\n\n<!-- Begin: a. Written by `npm run reference`. -->\n\nold\n\n<!-- End: a. -->\n\nAfter\n';

  it('is replaced, and nothing else', () => {
    const written = withPart(document, 'a', 'new');
    expect(written).toBe(document.replace('old', 'new'));
    expect(withPart(written, 'a', 'new')).toBe(written);
  });

  it('needs its place', () => {
    expect(() => withPart(document, 'b', 'new')).toThrow('must have <!-- Begin: b.');
  });
});

it('a table keeps bars and line breaks within their cells', () => {
  expect(
    markdownTable([
      ['a', 'b'],
      ['x|y', 'one\ntwo'],
    ]),
  ).toBe(['| a    | b       |', '| ---- | ------- |', '| x\\|y | one two |'].join('\n'));
});
