/**
 * Corrects kafkajs 2.2.4, whose version is exact in `package.json` therefore. It knows how far it has read by records alone. Where a
 * topic is compacted, a batch may cover offsets after its last record, or have none at all: a broker keeps the last batch of a producer
 * without its records. At the end of a partition kafkajs would stay in front of such a batch, as lag for ever. A marker at the end of
 * what a batch covers, as transactions have them, leads it on.
 */
import response from 'kafkajs/src/protocol/requests/fetch/v11/response.js';
import { recordBatchAt } from './recordBatch.js';

const { decode } = response;

response.decode = async (rawData) => {
  const decoded = await decode(rawData);
  const partitions = decoded.responses.flatMap((topic) => topic.partitions);
  const lastOffsets = lastOffsetsIn(rawData);
  for (const [index, { messages }] of partitions.entries()) {
    const lastOffset = lastOffsets[index];
    const read = messages.at(-1)?.offset;
    if (lastOffset === undefined || (read !== undefined && BigInt(read) >= lastOffset)) continue;
    messages.push(markerAt(lastOffset));
  }
  return decoded;
};

function markerAt(offset: bigint) {
  return {
    offset: String(offset),
    isControlRecord: true,
    key: null,
    value: null,
    headers: {},
    batchContext: { inTransaction: false, producerId: '-1' },
  };
}

/** Before the topics: the time that the client is throttled, an error, the session. */
const BEFORE_TOPICS = 10;
/** Of a partition, before its aborted transactions: its number, an error, three offsets. */
const BEFORE_ABORTED = 30;
const ABORTED_BYTES = 16;
const PREFERRED_REPLICA_BYTES = 4;

/** Of each partition in the response, in its order: what its last whole batch covers. */
function lastOffsetsIn(bytes: Buffer): (bigint | undefined)[] {
  const offsets: (bigint | undefined)[] = [];
  let at = BEFORE_TOPICS;
  const count = (): number => {
    const value = bytes.readInt32BE(at);
    at += 4;
    return Math.max(0, value);
  };
  for (let topics = count(); topics > 0; topics -= 1) {
    at += 2 + bytes.readInt16BE(at);
    for (let partitions = count(); partitions > 0; partitions -= 1) {
      at += BEFORE_ABORTED;
      const aborted = count();
      at += aborted * ABORTED_BYTES + PREFERRED_REPLICA_BYTES;
      const size = count();
      offsets.push(lastOffsetOf(bytes.subarray(at, at + size)));
      at += size;
    }
  }
  return offsets;
}

function lastOffsetOf(recordSet: Buffer): bigint | undefined {
  let last: bigint | undefined;
  for (
    let batch = recordBatchAt(recordSet, 0);
    batch;
    batch = recordBatchAt(recordSet, batch.end)
  ) {
    last = batch.lastOffset;
  }
  return last;
}
