/** Histories as JSON files: readable, and read back to exactly what they were. */
import proto, { type temporal } from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;

export function historyToJson(history: temporal.api.history.v1.IHistory): string {
  const plain = History.toObject(History.fromObject(history), {
    longs: String,
    bytes: String,
    enums: String,
  });
  return JSON.stringify(plain, undefined, 1);
}

export function historyFromJson(text: string): temporal.api.history.v1.History {
  return History.fromObject(JSON.parse(text) as Record<string, unknown>);
}
