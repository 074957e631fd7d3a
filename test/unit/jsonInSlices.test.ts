import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonTooLarge, parseJsonInSlices, TOO_LONG } from '../../src/lib/jsonInSlices.js';
import { repeatedNames } from '../../src/lib/repeatedNames.js';

const BOUNDS = { longest: 1_000_000, mostEntries: 1_000_000 };

/** The same value, or an error from both. */
async function expectSame(text: string, slice: number): Promise<void> {
  let expected: unknown;
  let isJson = true;
  try {
    expected = JSON.parse(text);
  } catch {
    isJson = false;
  }
  const parsed = parseJsonInSlices(text, { ...BOUNDS, slice });
  if (!isJson) {
    await expect(parsed).rejects.toThrow(SyntaxError);
    return;
  }
  const value = await parsed;
  expect(value).toEqual(expected);
  // The order of the names, too.
  expect(JSON.stringify(value)).toBe(JSON.stringify(expected));
}

describe('JSON in slices of any length', () => {
  it('has the same value as at once', async () => {
    await fc.assert(fc.asyncProperty(fc.json({ maxDepth: 5 }), fc.nat(20), expectSame), {
      numRuns: 300,
    });
  });

  it('is refused where it is none', async () => {
    const mark = fc.constantFrom(...Array.from('[]{}",:\\ 1\n\u00a0\ufeff'));
    const changed = fc.tuple(fc.json(), fc.nat(), mark).map(([text, place, character]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + character + text.slice(at + (place % 2));
    });
    await fc.assert(fc.asyncProperty(changed, fc.nat(12), expectSame), { numRuns: 400 });
    const characters = fc.string({ unit: mark, maxLength: 30 });
    await fc.assert(fc.asyncProperty(characters, fc.nat(12), expectSame), { numRuns: 400 });
  });

  it.each([
    ...['', ' ', '[]', ' [ ] ', '{ }', '[[],{},[[ ]]]', '[1,]', '[,1]', '[1,,2]', '{"a":1,}'],
    ...['{"__proto__":{"a":1},"a":2,"a":3}', '{"a" : 1}', '{"a"}', '{1:2}', '[1}', '[{]}', ']['],
    ...['["\\"", "\\\\"]', '["\\"]', '["', '{"a', '[1] 2', '\ufeff[]', '[1\u00a0]', 'nul', '"x"'],
  ])('%j is as at once', async (text) => {
    for (let slice = 0; slice <= text.length + 1; slice += 1) await expectSame(text, slice);
  });
});

describe('JSON that is too large', () => {
  const parse = (text: string) =>
    parseJsonInSlices(text, { longest: 50, mostEntries: 100, slice: 10 });

  it.each([
    ['a list', { messages: Array(200).fill(1) }],
    ['a map', Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, 1]))],
  ])('because of %s is refused', async (_, value) => {
    await expect(parse(JSON.stringify(value))).rejects.toThrow(JsonTooLarge);
  });

  it('has a mark in place of each entry that is too long', async () => {
    const long = 'x'.repeat(60);
    const value = { messages: [1, { text: long }, long, [[[[[long]]]]], 2], other: long };
    expect(await parse(JSON.stringify(value))).toEqual({
      messages: [1, TOO_LONG, TOO_LONG, TOO_LONG, 2],
      other: TOO_LONG,
    });
  });

  it('is not what has many entries of usual length', async () => {
    const value = { messages: Array.from({ length: 90 }, (_, index) => ({ key: index })) };
    expect(await parse(JSON.stringify(value))).toEqual(value);
  });

  it('is checked as it is parsed', async () => {
    const checked: unknown[] = [];
    const text = JSON.stringify({ messages: [{ a: 'x'.repeat(20) }, { b: 'x'.repeat(20) }] });
    await parseJsonInSlices(text, { ...BOUNDS, slice: 10, check: (value) => checked.push(value) });
    expect(checked).toEqual([{ a: 'x'.repeat(20) }, { b: 'x'.repeat(20) }]);
  });
});

describe('names that are twice in an object', () => {
  it('are noted as at once, wherever the slices end', async () => {
    const text =
      '{"a": 1, "messages": [{"k": 1, "k": 2}, {"k": 3}], "a": [], "b": {"c": 1, "c": 1}}';
    for (let slice = 0; slice <= text.length + 1; slice += 1) {
      const value = (await parseJsonInSlices(text, { ...BOUNDS, slice })) as {
        messages: object[];
      };
      const own = repeatedNames(value).filter(({ length }) => length === 1);
      expect([slice, own]).toEqual([slice, [['a']]]);
      expect(value.messages.map(repeatedNames)).toEqual([[['k']], []]);
    }
  });
});
