/** How far a consumer comes in a partition, whatever its batches are: without records, with gaps, not to be decompressed. */
import fc from 'fast-check';
import Batch from 'kafkajs/src/consumer/batch.js';
import response from 'kafkajs/src/protocol/requests/fetch/v11/response.js';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../src/queues/kafka/kafkajsClient.js';
import { bytesOf, fetchResponse, valueAt, type StoredBatch } from '../../kafka/fetched.js';

/** One batch after the other; a topic that is compacted has gaps between them and in them. */
const partition = fc
  .array(
    fc.record({
      gap: fc.nat(2),
      removed: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
      form: fc.constantFrom('plain', 'gzip', 'broken', 'short'),
    }),
    { maxLength: 6 },
  )
  .map((batches) => {
    let next = 0;
    return batches.map(({ form, gap, removed }): StoredBatch => {
      const firstOffset = next + gap;
      next = firstOffset + removed.length;
      const records = [...removed.keys()].filter((index) => !removed[index]);
      return { firstOffset, covers: removed.length, records, form };
    });
  });

const isReadable = ({ form, records }: StoredBatch) =>
  form === 'plain' || form === 'gzip' || records.length === 0;

async function fetched(batches: readonly StoredBatch[], cutOff = 0) {
  const bytes = Buffer.concat(batches.map(bytesOf));
  const raw = fetchResponse([bytes.subarray(0, bytes.length - cutOff)], cutOff % 3);
  const { responses } = await response.decode(raw);
  const [first] = responses[0]?.partitions ?? [];
  if (!first) throw new Error('There is no partition.');
  return { ...first, highWatermark: '1000000', abortedTransactions: [] };
}

describe('a partition', () => {
  it('is read to its end, each of its records once, and each that can’t be read with its reason', async () => {
    await fc.assert(
      fc.asyncProperty(partition, fc.integer({ min: 1, max: 3 }), async (batches, together) => {
        const end = batches.reduce((_, { covers, firstOffset }) => firstOffset + covers, 0);
        const read: [offset: number, value: string | undefined, isReadable: boolean][] = [];
        let at = 0;
        for (let fetches = 0; at < end; fetches += 1) {
          // Some that lead nowhere would do so for ever.
          expect(fetches).toBeLessThan(40);
          const answered = batches
            .filter(({ covers, firstOffset }) => firstOffset + covers > at)
            .slice(0, together);
          const batch = new Batch('topic', String(at), await fetched(answered));
          for (const message of batch.messages.map(messageOf)) {
            const { offset, unreadable, value } = message;
            read.push([Number(offset), value?.toString(), unreadable === undefined]);
          }
          if (!batch.isEmpty() || batch.isEmptyDueToFiltering())
            at = Number(batch.lastOffset()) + 1;
        }
        expect(at).toBe(end);
        const all = batches.flatMap((batch) =>
          batch.records.map((delta, index): (typeof read)[number] => {
            const offset = batch.firstOffset + delta;
            if (isReadable(batch)) return [offset, valueAt(offset), true];
            // Which of them the broker has removed is not known, but for the last offset.
            const isLast = index === batch.records.length - 1;
            return [batch.firstOffset + (isLast ? batch.covers - 1 : index), undefined, false];
          }),
        );
        expect(read).toEqual(all);
      }),
    );
  });

  it('is read without a batch of which only the beginning came', async () => {
    const stored: StoredBatch[] = [
      { firstOffset: 3, covers: 4, records: [], form: 'plain' },
      { firstOffset: 7, covers: 2, records: [0, 1], form: 'gzip' },
    ];
    for (const cutOff of [1, 2, 50]) {
      const { messages } = await fetched(stored, cutOff);
      expect(messages.map(({ isControlRecord, offset }) => [offset, isControlRecord])).toEqual([
        ['6', true],
      ]);
    }
    expect((await fetched([])).messages).toEqual([]);
  });

  it('says of each record of a batch why it can’t be read, and has no batch of very many', async () => {
    const broken = { firstOffset: 5, covers: 3, records: [0, 1, 2], form: 'broken' } as const;
    const { messages } = await fetched([broken]);
    const [first] = messages.map((message) => messageOf({ ...MESSAGE, ...message }));
    expect(first?.unreadable).toMatch(
      /^The batch of the offsets 5 to 7 can’t be decompressed: incorrect header check/,
    );
    const short = messageOf({
      ...MESSAGE,
      ...(await fetched([{ ...broken, form: 'short' }])).messages[0],
    });
    expect(short.unreadable).toContain('which end within its record 3 of 3');
    const many = bytesOf(broken);
    many.writeInt32BE(2_000_000_000, 57);
    await expect(response.decode(fetchResponse([many]))).rejects.toThrow(
      'set the offset of the group to 8 to pass over it',
    );
  });
});

const MESSAGE = { key: null, value: null, timestamp: '0', attributes: 0, offset: '0', headers: {} };
