import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeUtf8,
  illFormedTexts,
  isBlank,
  NOT_BLANK,
  withoutTerminalCodes,
} from '../../src/lib/text.js';
import { expectProcessorMsBelow } from '../processorTime.js';

const ESC = '\u001B';
const CONTROLS = /[\0-\u0008\u000B-\u001F\u007F-\u009F]/; // eslint-disable-line no-control-regex

/** Words between pieces that terminals act on. */
const terminalText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        `${ESC}[31;1m`,
        `${ESC}[0m`,
        '\u009B2K',
        `${ESC}]8;;https://example.com/\u0007`,
        `${ESC}]8;;${ESC}\\`,
        `${ESC}]0;title${ESC}\\`,
        `${ESC}P+q544e${ESC}\\`,
        `${ESC}(B`,
        `${ESC}c`,
        '\b',
        '\0',
        '\u007F',
        '\r',
        ESC,
      ),
      fc.stringMatching(/^[ a-z]{1,8}$/),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''));

describe('terminal codes', () => {
  it.each([
    [
      'colours',
      `${ESC}[1;31mdisk full${ESC}[0m on ${ESC}[38;5;12mdb-1${ESC}[m`,
      'disk full on db-1',
    ],
    ['8-bit colours', '\u009B31mdisk full\u009B0m', 'disk full'],
    ['cursor movements', `50%${ESC}[2K${ESC}[1G60%`, '50%60%'],
    [
      'a hyperlink to what is no address for people',
      `see ${ESC}]8;;file://host/var/log\u0007the log${ESC}]8;;\u0007`,
      'see the log',
    ],
    ['a title', `${ESC}]0;user@host: ~${ESC}\\ready`, 'ready'],
    ['a device control string', `${ESC}P1$r0m${ESC}\\ready`, 'ready'],
    ['a character set', `${ESC}(B${ESC}[mready`, 'ready'],
    ['a bell, a backspace, a NUL and a delete', 'a\u0007b\bc\0d\u007F', 'abcd'],
    ['line breaks of any system', 'a\r\nb\rc\nd\u0085e', 'a\nb\nc\nd\ne'],
  ])('leave nothing but the words: %s', (_, text, words) => {
    expect(withoutTerminalCodes(text)).toBe(words);
  });

  it.each([
    [
      `see ${ESC}]8;;https://x.example/\u0007the ${ESC}[1mlog${ESC}]8;;\u0007!`,
      'see the log (https://x.example/)!',
    ],
    [`${ESC}]8;id=1;https://x.example/${ESC}\\log${ESC}]8;;${ESC}\\`, 'log (https://x.example/)'],
    [`${ESC}]8;;https://x.example/\u0007https://x.example/${ESC}]8;;\u0007`, 'https://x.example/'],
    [
      `\u009D8;;https://x.example/a\u009Ca\u009D8;;https://x.example/b\u009Cb`,
      'a (https://x.example/a)b (https://x.example/b)',
    ],
  ])('leave the address of a hyperlink: %j', (text, words) => {
    expect(withoutTerminalCodes(text)).toBe(words);
  });

  it('that are never ended hide nothing of the message', () => {
    const text = `${ESC}]8;;https://x.example/ the log\nsecond line\n${ESC}[31`;
    expect(withoutTerminalCodes(text)).toContain('the log\nsecond line\n');
  });

  it('are all gone after one pass, from any text', () => {
    fc.assert(
      fc.property(terminalText, (text) => {
        const cleaned = withoutTerminalCodes(text);
        expect(cleaned).not.toMatch(CONTROLS);
        expect(withoutTerminalCodes(cleaned)).toBe(cleaned);
      }),
    );
  });

  it('are looked for in linear time', () => {
    for (const unit of [
      `${ESC}]`,
      `${ESC}]8;`,
      `${ESC}]8;;a\u0007`,
      '\u009D',
      `${ESC}[`,
      `${ESC} `,
      '\u009B1;',
    ]) {
      const long = unit.repeat(100_000);
      expectProcessorMsBelow(1_000, () => withoutTerminalCodes(long));
    }
  });

  it('are the only change to a text without control characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!CONTROLS.test(text));
        expect(withoutTerminalCodes(text)).toBe(text);
      }),
    );
  });
});

describe('the pattern of text that is not blank', () => {
  const seen = new RegExp(NOT_BLANK, 'u');

  it.each(['', ' ', '\n\t', '\u200B', '\u3164', '\u2800', '\uFE0F', '\u00AD \u2060'])(
    'does not match %j, which is refused',
    (text) => {
      expect([seen.test(text), isBlank(text)]).toEqual([false, true]);
    },
  );

  it('matches each character of the basic plane that is seen, and no other', () => {
    const differing = Array.from({ length: 0x10000 }, (_, code) =>
      String.fromCharCode(code),
    ).filter((character) => seen.test(character) === isBlank(character));
    expect(differing).toEqual([]);
  });

  it('matches whatever is accepted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (!isBlank(text)) expect(seen.test(text)).toBe(true);
      }),
    );
  });
});

describe('bytes', () => {
  it('are text exactly if they are UTF-8', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const text = decodeUtf8(bytes);
          if (text === undefined) expect(Buffer.from(bytes).toString()).toContain('\uFFFD');
          else expect(Buffer.from(text)).toEqual(withoutMark(Buffer.from(bytes)));
        },
      ),
    );
  });
});

function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? bytes.subarray(3) : bytes;
}

describe('a text that is not well-formed', () => {
  it('is found wherever it is, and nothing else is', () => {
    const lone = '\uD83D';
    expect(
      illFormedTexts({ a: ['x', { b: `x${lone}` }], [`c${lone}`]: 1, d: '\u{1F600}', e: lone }),
    ).toEqual(expect.arrayContaining([['a', 1, 'b'], ['c\uFFFD'], ['e']]));
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(illFormedTexts(value)).toEqual([]);
      }),
    );
  });

  it('is found however deep it is', () => {
    let value: unknown = '\uDC00';
    for (let depth = 0; depth < 50_000; depth += 1) value = [value];
    expect(illFormedTexts(value)).toHaveLength(1);
  });
});
