import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../src/sources/json.js';

const read = (json: string): unknown => parseJson(Buffer.from(json));

describe('the JSON of a source', () => {
  it.each([
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['{"id": 18446744073709551615 }', { id: '18446744073709551615' }],
    ['[1234567890123456789,1]', ['1234567890123456789', 1]],
    ['{"9007199254740993":9007199254740991}', { '9007199254740993': 9007199254740991 }],
    [
      '{"text":"\\\\\\": 9007199254740993, ","id":9007199254740993}',
      { text: '\\": 9007199254740993, ', id: '9007199254740993' },
    ],
    [
      '[1.2345678901234567890, 1e-12, 9007199254740993.0]',
      [Number('1.2345678901234567890'), 1e-12, 2 ** 53],
    ],
    ['[12345678901234567890e1, 1e0000000000000000001]', [Number('12345678901234567890e1'), 10]],
  ])('keeps all digits of an integer in %s', (json, value) => {
    expect(read(json)).toEqual(value);
  });

  it('is otherwise what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        const json = JSON.stringify([value, '0'.repeat(16)], undefined, indent);
        const isExact = !/[1-9]\d{15,}/.test(json);
        fc.pre(isExact);
        expect(read(json)).toEqual(JSON.parse(json));
      }),
    );
  });
});
