import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerText } from '../../../src/http/answerText.js';

describe('the text of an answer', () => {
  it.each([
    ['a byte-order mark', Buffer.from('\uFEFF{"id":"é"}'), 'application/json'],
    ['UTF-16 and its mark', Buffer.from('\uFEFF{"id":"é"}', 'utf16le'), 'application/json'],
    ['UTF-16, most significant byte first', bigEndian('\uFEFF{"id":"é"}'), undefined],
    ['a charset', Buffer.from('{"id":"é"}', 'latin1'), 'text/plain; charset=iso-8859-1'],
    ['a charset in quotation marks', Buffer.from('{"id":"é"}'), 'text/json;charset="UTF8"'],
    ['an unknown charset', Buffer.from('{"id":"é"}'), 'application/json; charset=klingon'],
    ['neither', Buffer.from('{"id":"é"}'), undefined],
  ])('is read with %s', (_, bytes, contentType) => {
    expect(answerText(bytes, contentType)).toBe('{"id":"é"}');
  });

  it('is what was sent, in UTF-8 with or without a mark', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (text, marked) => {
        fc.pre(!text.startsWith('\uFEFF'));
        expect(answerText(Buffer.from((marked ? '\uFEFF' : '') + text), undefined)).toBe(text);
      }),
    );
  });
});

function bigEndian(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}
