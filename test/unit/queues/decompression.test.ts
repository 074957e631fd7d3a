import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import lz4 from 'lz4js';
import snappy from 'snappyjs';
import { describe, expect, it } from 'vitest';
import { ungzip, unlz4, unsnappy, unzstandard } from '../../../src/queues/kafka/decompression.js';
import { machineSlowness } from '../../processorTime.js';

const bytes = fc.uint8Array({ maxLength: 2_000 }).map((each) => Buffer.from(each));

describe('what producers compress', () => {
  it('is read as Snappy, one block or a stream of Java', () => {
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 4 }), (parts) => {
        const [first = Buffer.alloc(0)] = parts;
        expect(unsnappy(Buffer.from(snappy.compress(first)))).toEqual(first);
        const header = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1]);
        const blocks = parts.flatMap((part) => {
          const block = snappy.compress(part);
          const length = Buffer.alloc(4);
          length.writeUInt32BE(block.length);
          return [length, block];
        });
        expect(unsnappy(Buffer.concat([header, ...blocks]))).toEqual(Buffer.concat(parts));
      }),
    );
  });

  it('is read as LZ4', () => {
    fc.assert(
      fc.property(bytes, (part) => {
        expect(unlz4(Buffer.from(lz4.compress(part)))).toEqual(part);
      }),
    );
  });

  it('is read as Zstandard', () => {
    // A frame of one raw block: https://www.rfc-editor.org/rfc/rfc8878#name-frames
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x02, 0x11, 0x00, 0x00, 0x68, 0x69]);
    expect(unzstandard(frame).toString()).toBe('hi');
  });

  it('is an error where it is none of them', () => {
    const none = Buffer.from('not compressed at all');
    for (const decompress of [unsnappy, unlz4, unzstandard]) {
      expect(() => decompress(none)).toThrow();
    }
  });
});

describe('what somebody else may have made', () => {
  const DECOMPRESSORS = { ungzip, unsnappy, unlz4, unzstandard };
  const LZ4 = [0x04, 0x22, 0x4d, 0x18];
  const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];
  const XERIAL = [0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1];
  const repeated = (block: number[], count: number) =>
    Array.from({ length: count }, () => block).flat();

  it('is content within bounds or an error, in bounded time', async () => {
    const start = fc.constantFrom(
      [],
      LZ4,
      [...LZ4, 0x60, 0x70, 0],
      ZSTD,
      [...ZSTD, 0, 0x58],
      XERIAL,
    );
    const spent = process.cpuUsage();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(DECOMPRESSORS)),
        start,
        fc.uint8Array({ maxLength: 60 }),
        async (decompress, first, rest) => {
          const content = await settled(() => decompress(Buffer.from([...first, ...rest])));
          if (Buffer.isBuffer(content)) expect(content.length).toBeLessThan(64 * 1024 * 1024 + 1);
          else expect(content).toBeInstanceOf(Error);
        },
      ),
      { numRuns: 500, seed: 20_261_126 },
    );
    const { user, system } = process.cpuUsage(spent);
    expect((user + system) / 1_000 / machineSlowness()).toBeLessThan(5_000);
  });

  it.each<[string, keyof typeof DECOMPRESSORS, number[]]>([
    ['Snappy, of 4 GB by its header', 'unsnappy', [0xff, 0xff, 0xff, 0xff, 0x0f, 0]],
    ['LZ4, with a block of 2 GB', 'unlz4', [...LZ4, 0x60, 0x70, 0, 0xff, 0xff, 0xff, 0xff]],
    [
      'LZ4, with a compressed block beyond its end',
      'unlz4',
      [...LZ4, 0x60, 0x70, 0, 0xff, 0xff, 0xff, 0x7f],
    ],
    [
      'LZ4, of many blocks',
      'unlz4',
      [...LZ4, 0x60, 0x70, 0, ...repeated([2, 0, 0, 0, 0, 0], 140_000), 0, 0, 0, 0],
    ],
    [
      'Zstandard, of 2^60 bytes by its header',
      'unzstandard',
      [...ZSTD, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x10, 1, 0, 0],
    ],
    ['Zstandard, with a window of 2 GB', 'unzstandard', [...ZSTD, 0, 0xa8, 1, 0, 0]],
    [
      'Zstandard, of repeated bytes',
      'unzstandard',
      [...ZSTD, 0, 0x58, ...repeated([0x02, 0, 0x10, 0x61], 1_000), 1, 0, 0],
    ],
  ])('is refused before it takes memory: %s', async (_, name, bytes) => {
    const error = await settled(() => DECOMPRESSORS[name](Buffer.from(bytes)));
    expect(error).toBeInstanceOf(Error);
  });

  it('is refused before it takes memory: gzip of 65 MiB', async () => {
    const bomb = Buffer.concat(Array<Buffer>(65).fill(gzipSync(Buffer.alloc(1024 * 1024))));
    await expect(ungzip(bomb)).rejects.toThrow(RangeError);
  });
});

/** What it returns or resolves with, or the error. */
async function settled(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error;
  }
}
