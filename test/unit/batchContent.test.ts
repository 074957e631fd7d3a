import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchDifferences,
  batchFingerprint,
  batchId,
  batchWindowMs,
} from '../../src/acceptance/batch.js';
import type { BatchEntry } from '../../src/domain/batch.js';
import { boundedFaults } from '../../src/domain/boundedFaults.js';
import { messageSchema } from '../../src/domain/message.js';
import { chunksOf, chunksOfSizes, entriesOf } from '../../src/store/batchContent.js';
import { slicesOf } from '../../src/workflows/batch/slices.js';

const OPS = 'slack:default/C0123ABC';

const entry = (deduplicationKey: string, text: string, more: object = {}): BatchEntry => ({
  message: messageSchema.parse({
    deduplicationKey,
    destinations: [OPS],
    content: { text },
    ...more,
  }),
});
const refused = (detail: string): BatchEntry => ({ faults: [{ field: 'content', detail }] });

/** What Temporal takes in one payload. */
const PAYLOAD_LIMIT_BYTES = 2 * 1024 * 1024;

async function stored(entries: BatchEntry[]): Promise<BatchEntry[]> {
  const chunks = await chunksOf(entries);
  for (const { bytes } of chunks) expect(bytes.length).toBeLessThan(PAYLOAD_LIMIT_BYTES);
  expect(chunks.reduce((sum, { size }) => sum + size, 0)).toBe(entries.length);
  const read = await Promise.all(chunks.map(({ bytes }) => entriesOf(bytes)));
  expect(read.map(({ length }) => length)).toEqual(chunks.map(({ size }) => size));
  const again = await chunksOfSizes(
    entries,
    chunks.map(({ size }) => size),
  );
  // `toEqual` takes half a minute for 12 MB.
  expect(
    chunks.every(({ bytes }, index) => again[index] && Buffer.compare(bytes, again[index]) === 0),
  ).toBe(true);
  return read.flat() as BatchEntry[];
}

describe('the messages of a batch', () => {
  it('are stored as they are, whatever is in them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constant('__proto__'))),
        async (texts) => {
          const entries = texts.map((text) => refused(text));
          expect(await stored(entries)).toEqual(entries);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('are in one chunk where they are 1,000 usual ones', async () => {
    const entries = Array.from({ length: 1_000 }, (_, index) =>
      entry(`key-${index}`, `**Alert ${index}**: disk full on host-${index}. `.repeat(20)),
    );
    expect(await chunksOf(entries)).toHaveLength(1);
    expect(await stored(entries)).toEqual(entries);
  });

  it('are in several chunks where they can’t be compressed', async () => {
    const entries = Array.from({ length: 60 }, (_, index) =>
      entry(`key-${index}`, randomBytes(73_000).toString('base64')),
    );
    expect((await chunksOf(entries)).length).toBeGreaterThan(2);
    expect(await stored(entries)).toEqual(entries);
  });

  it('are not read where they would fill the memory', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    await expect(entriesOf(bomb)).rejects.toThrow(/larger than/);
  });

  it('are each in one slice, in order, and no slice is in two chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1_000 }), { maxLength: 20 }), (sizes) => {
        const slices = slicesOf(sizes);
        const places = slices.flatMap(({ chunk, count, from }) =>
          Array.from({ length: count }, (_, index) => `${chunk}.${from + index}`),
        );
        expect(places).toEqual(
          sizes.flatMap((size, chunk) => Array.from({ length: size }, (_, at) => `${chunk}.${at}`)),
        );
        for (const { count } of slices) expect(count).toBeLessThanOrEqual(50);
      }),
    );
  });
});

describe('the identity of a batch', () => {
  const one = [entry('a', 'x'), refused('must be'), entry('b', 'y')];

  it('follows from what identifies its messages, in their order', () => {
    expect(batchFingerprint(one)).toBe(batchFingerprint([...one]));
    expect(batchFingerprint([entry('a', 'x', { priority: 1 }), ...one.slice(1)])).toBe(
      batchFingerprint(one),
    );
    for (const other of [
      [...one].reverse(),
      one.slice(1),
      [...one, ...one],
      [entry('a', 'z'), ...one.slice(1)],
      [entry('c', 'x'), ...one.slice(1)],
      [one[0], refused('must not be'), one[2]].filter((each) => each !== undefined),
    ]) {
      expect(batchFingerprint(other)).not.toBe(batchFingerprint(one));
    }
  });

  it('is its key, hashed where it is too long for Temporal or looks like a hash', () => {
    const identity = batchFingerprint(one);
    expect(batchId('nightly/2026 🚨', identity, undefined)).toBe('nightly/2026 🚨');
    expect(batchId(undefined, identity, undefined)).toBe(`sha256-${identity}`);
    const ids = [
      'k'.repeat(239),
      'k'.repeat(240),
      'é'.repeat(120),
      'é'.repeat(119),
      `sha256-${identity}`,
    ].map((key) => batchId(key, identity, undefined));
    for (const id of ids)
      expect(Buffer.byteLength(`sendproof/batch/${id}`)).toBeLessThanOrEqual(255);
    expect(new Set([...ids, `sha256-${identity}`]).size).toBe(6);
  });

  it('lasts as long as each of its messages is a duplicate', () => {
    const window = { defaultMs: 1_000, bySourceMs: { quick: 10, slow: 9_000 } };
    const from = (source: string) => entry(source, 'x', { correlation: { source } });
    expect(batchWindowMs(window, one)).toBe(1_000);
    expect(batchWindowMs(window, [...one, from('slow')])).toBe(1_000);
    expect(batchWindowMs(window, [...one, from('quick')])).toBe(10);
    expect(batchWindowMs(window, [from('__proto__')])).toBe(1_000);
  });

  it('tells the fields in which another batch differs, and a few of many', () => {
    expect(batchDifferences(one, one)).toEqual([]);
    expect(batchDifferences(one, one.slice(0, 2))).toEqual(['messages']);
    expect(batchDifferences(one, [entry('a', 'z'), refused('no'), entry('c', 'y')])).toEqual([
      'messages.0.content.text',
      'messages.1',
      'messages.2.deduplicationKey',
    ]);
    const many = (text: string) =>
      Array.from({ length: 1_000 }, (_, index) => entry(`${index}`, text));
    expect(batchDifferences(many('x'), many('y'))).toHaveLength(20);
  });
});

it('keeps a few of many faults, and a few words of each', () => {
  const faults = Array.from({ length: 10_000 }, (_, index) => ({
    field: `destinations.${index}.${'x'.repeat(10_000)}`,
    detail: 'y'.repeat(100_000),
  }));
  const bounded = boundedFaults(faults);
  expect(JSON.stringify(bounded).length).toBeLessThan(16_000);
  expect(bounded.at(-1)?.detail).toBe('has 9980 more errors');
  expect(boundedFaults(faults.slice(0, 2))).toHaveLength(2);
});
