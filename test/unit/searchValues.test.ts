import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibilityQuery } from '../../src/store/search/messageSearch.js';
import {
  conversationValue,
  destinationValues,
  searchableBeginning,
  searchableText,
  soughtDestination,
} from '../../src/store/searchValues.js';

/** Temporal's limit on one value. */
const LONGEST_BYTES = 2_048;

/** As many as a message may have, fallbacks included. */
const destinations = fc.array(
  fc
    .string({ minLength: 1, maxLength: 300, unit: 'grapheme' })
    .map((path) => `teams:default/${path}`),
  { minLength: 1, maxLength: 120 },
);

describe('the destinations of a message', () => {
  it('fit into one value, and each is found by what is sought', () => {
    fc.assert(
      fc.property(destinations, (each) => {
        const values = destinationValues(each);
        expect(Buffer.byteLength(JSON.stringify(values))).toBeLessThanOrEqual(LONGEST_BYTES);
        for (const destination of each) {
          expect(values.some((value) => soughtDestination(destination).includes(value))).toBe(true);
        }
      }),
    );
  });

  it.each([20, 120])('fit where they are as long as those of Teams: %i', (count) => {
    const id = 'x'.repeat(48);
    const long = Array.from(
      { length: count },
      (_, index) => `teams:default/${id}/19:${id}${index}`,
    );
    const values = destinationValues(long);
    expect(Buffer.byteLength(JSON.stringify(values))).toBeLessThanOrEqual(LONGEST_BYTES);
    expect(new Set(values).size).toBe(count);
  });

  it('are readable where they fit', () => {
    expect(destinationValues(['slack:default/C0123ABC'])).toEqual(['slack:default/C0123ABC']);
  });
});

const texts = fc
  .array(fc.constantFrom(...Array.from('"\\\'%_*?ab1😀é ＂')), { minLength: 1, maxLength: 12 })
  .map((parts) => parts.join(''));

describe('a source or reference', () => {
  it('is stored without what Temporal can’t compare: quotation and question marks, backslashes, quotes at its ends', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const stored = searchableText(text);
        expect(stored).not.toMatch(/["\\?]|^'|'$/);
        expect(stored).toHaveLength(text.length);
        expect(searchableText(stored)).toBe(stored);
      }),
    );
  });

  it('is stored as it is where Temporal can compare it', () => {
    for (const text of ['pagerduty', "it's", '100% of _a_', '数据库']) {
      expect(searchableText(text)).toBe(text);
    }
  });

  it('begins as every beginning of it is sought', () => {
    fc.assert(
      fc.property(texts, fc.nat(12), (text, length) => {
        const beginning = text.slice(0, Math.max(1, length));
        expect(searchableText(text).startsWith(searchableBeginning(beginning))).toBe(true);
      }),
    );
  });
});

describe('the conversation of a message', () => {
  it('fits into a keyword of any of Temporal’s databases, and no two have one value', () => {
    const key = fc.string({ minLength: 1, maxLength: 255, unit: 'binary' });
    fc.assert(
      fc.property(key, key, (one, other) => {
        expect(Buffer.byteLength(conversationValue(one))).toBeLessThanOrEqual(255);
        if (searchableText(one) !== searchableText(other)) {
          expect(conversationValue(one)).not.toBe(conversationValue(other));
        }
      }),
    );
  });

  it.each(['"'.repeat(100), '\\'.repeat(255), 'x'.repeat(256)])(
    'is hashed where it is long',
    (key) => {
      expect(conversationValue(key)).toMatch(/^[\w-]{43}$/);
    },
  );
});

describe('a query', () => {
  const text = fc
    .array(fc.constantFrom(...Array.from('?"\\\'ab 1#')), { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join(''));
  const filters = fc.record(
    {
      source: text,
      reference: text,
      traceId: text,
      conversation: text,
      q: fc.oneof(
        text,
        text.map((path) => `slack:default/${path}`),
      ),
      destination: text.map((path) => `slack:default/${path}`),
      related: fc.array(text, { maxLength: 2 }),
    },
    { requiredKeys: [] },
  );

  it('has no question mark, which PostgreSQL’s Temporal would take for a parameter', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        expect(visibilityQuery(filter)).not.toContain('?');
      }),
    );
  });
});
