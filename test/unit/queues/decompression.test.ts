import fc from 'fast-check';
import lz4 from 'lz4js';
import snappy from 'snappyjs';
import { describe, expect, it } from 'vitest';
import { unlz4, unsnappy, unzstandard } from '../../../src/queues/kafka/decompression.js';

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
