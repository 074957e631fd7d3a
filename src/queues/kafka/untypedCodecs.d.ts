/** Of two libraries that have no types: what is used of them. */
declare module 'snappyjs' {
  const snappy: {
    /** Throws where it is not Snappy, or says that it has more bytes than `largest`. */
    uncompress(compressed: Uint8Array, largest: number): Uint8Array;
    compress(uncompressed: Uint8Array): Uint8Array;
  };
  export = snappy;
}

declare module 'lz4js' {
  const lz4: {
    /** Of one frame, into a buffer of `bound` bytes. Throws where it is none. */
    decompress(frame: Uint8Array, bound: number): Uint8Array;
    compress(uncompressed: Uint8Array): Uint8Array;
  };
  export = lz4;
}
