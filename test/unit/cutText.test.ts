import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutPoint, shortenText } from '../../src/lib/cutText.js';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const characters = (text: string): string[] =>
  Array.from(segmenter.segment(text), ({ segment }) => segment);

describe('a cut', () => {
  it.each([
    ['a space near the limit', `${'x'.repeat(90)} ${'y'.repeat(50)}`, 90],
    ['the limit, where the only space is far before it', `see ${'y'.repeat(150)}`, 100],
    ['the limit in Chinese', `磁盘 ${'空间不足'.repeat(40)}`, 100],
    ['a line end in the second half', `${'x'.repeat(60)}\n${'y y'.repeat(50)}`, 60],
    ['the limit, where the only line end is far before it', `x\n${'y'.repeat(150)}`, 100],
    ['before a flag', `${'x'.repeat(99)}🇫🇷${'y'.repeat(50)}`, 99],
    ['before a family', `${'x'.repeat(95)}👨‍👩‍👧‍👦${'y'.repeat(50)}`, 95],
    ['before a letter with marks', `${'x'.repeat(99)}e\u0301\u0323${'y'.repeat(50)}`, 99],
    ['the end of text that fits', 'short', 5],
  ])('is at %s', (_where, text, at) => {
    expect(cutPoint(text, 100)).toBe(at);
  });

  it('is between characters, near the limit, and never past it', () => {
    const unit = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.constantFrom(' ', '\n', '🇫🇷🇩🇪', '👩🏽‍🚒', 'e\u0301', '磁盘空间', 'ฐานข้อมูล', 'QUJDRA=='),
    );
    const text = fc.array(unit, { minLength: 10, maxLength: 60 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, fc.integer({ min: 20, max: 100 }), (whole, limit) => {
        const cut = cutPoint(whole, limit);
        expect(cut).toBeLessThanOrEqual(limit);
        expect(characters(whole.slice(0, cut)).join('')).toBe(whole.slice(0, cut));
        const boundaries = characters(whole).map(
          (
            (end) => (each) =>
              (end += each.length)
          )(0),
        );
        expect(boundaries).toContain(cut);
        // The widest character here has seven units.
        const least = whole.lastIndexOf('\n', limit) >= limit / 2 ? limit / 2 : limit * 0.8 - 7;
        expect(cut).toBeGreaterThanOrEqual(Math.min(least, whole.length));
      }),
    );
  });

  it('never halves a surrogate pair, even of a character that exceeds the limit', () => {
    const zalgo = `e${'\u0301'.repeat(500)}😀`;
    expect(shortenText(zalgo, 100)).toHaveLength(100);
    expect(() => encodeURIComponent(shortenText('😀'.repeat(60), 100))).not.toThrow();
    expect(shortenText('👩🏽‍🚒👩🏽‍🚒', 8)).toBe('👩🏽‍🚒…');
  });
});
