import { Writable } from 'node:stream';

/** Where a log writes to, so that a test can read its lines. */
export function lineStream(lines: string[]): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
}
