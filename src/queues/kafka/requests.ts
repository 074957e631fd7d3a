/** Messages that go with one request. */
import type { OutgoingRecord } from '../queue.js';
import type { ProducedMessage } from './client.js';

/** Of one request: half of what brokers take by default (`message.max.bytes`). A record may be larger, where they take it. */
const REQUEST_BYTES = 512 * 1024;

export function producedOf({ body, headers, key }: OutgoingRecord): ProducedMessage {
  return { key, value: body, headers: Object.entries(headers) };
}

/** Parts that fit into one request each, in order. */
export function requestsOf(messages: readonly ProducedMessage[]): ProducedMessage[][] {
  const requests: ProducedMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    const last = requests.at(-1);
    if (last && bytes + size <= REQUEST_BYTES) {
      last.push(message);
      bytes += size;
    } else {
      requests.push([message]);
      bytes = size;
    }
  }
  return requests;
}

/** Without what the protocol adds, which is small beside it. */
export function sizeOf({
  headers,
  key = '',
  value,
}: Pick<ProducedMessage, 'headers' | 'key' | 'value'>): number {
  const ofHeaders = headers.reduce((sum, [name, each]) => sum + name.length + each.length, 0);
  return key.length + (value?.length ?? 0) + ofHeaders;
}
