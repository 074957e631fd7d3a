/** Of two libraries that have no types: what is used of them. */
declare module 'snappyjs' {
  const snappy: {
    /** Throws where it is not Snappy. */
    uncompress(compressed: Uint8Array): Uint8Array;
    compress(uncompressed: Uint8Array): Uint8Array;
  };
  export = snappy;
}

declare module 'lz4js' {
  const lz4: {
    /** Of one frame. Throws where it is none. */
    decompress(frame: Uint8Array): Uint8Array;
    compress(uncompressed: Uint8Array): Uint8Array;
  };
  export = lz4;
}
