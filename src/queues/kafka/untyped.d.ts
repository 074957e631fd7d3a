/** Of libraries, and of an inner part of one, that have no types: what is used of them. */
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

declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** The requests of one connection to a broker. */
  const RequestQueue: {
    new (options: object): RequestQueue;
    prototype: RequestQueue;
  };
  interface RequestQueue {
    /** What can't be sent yet: too many requests are under way, or the broker throttles the client. */
    readonly pending: readonly unknown[];
    /** Sets a timer that sends what is pending as soon as that is allowed, and then calls this again. */
    scheduleCheckPendingRequests(): void;
    push(request: object): void;
    maybeThrottle(durationMs: number): void;
    fulfillRequest(response: { correlationId: number; payload: Buffer; size: number }): void;
  }
  export = RequestQueue;
}

declare module 'kafkajs/src/protocol/requests/fetch/v11/response.js' {
  /** Of a response of a broker to a fetch of records. */
  const response: {
    decode: (rawData: Buffer) => Promise<{
      responses: {
        topicName: string;
        partitions: { partition: number; messages: FetchedMessage[] }[];
      }[];
    }>;
  };
  interface FetchedMessage {
    offset: string;
    /** A marker of a transaction, which is no message. */
    isControlRecord?: boolean;
    key: Buffer | null;
    value: Buffer | null;
    headers: Record<string, never>;
    batchContext: object;
  }
  export = response;
}
