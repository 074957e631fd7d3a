/** Timers of a connection to a Kafka broker: one while a request is pending, none while nothing is. */
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../../src/queues/kafka/kafkajsClient.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function startQueue() {
  const sent: number[] = [];
  const queue = new RequestQueue({
    maxInFlightRequests: 1,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: 'test',
    broker: 'localhost:9092',
    logger: { debug: () => undefined, warn: () => undefined },
  });
  const push = (correlationId: number) =>
    queue.push({
      entry: { correlationId, resolve: () => undefined, reject: () => undefined },
      expectResponse: true,
      sendRequest: () => void sent.push(correlationId),
    });
  const answer = (correlationId: number) =>
    queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 0 });
  return { queue, sent, push, answer };
}

it('sets no timer while nothing is pending', () => {
  const { answer, push, sent } = startQueue();
  push(1);
  answer(1);
  expect(sent).toEqual([1]);
  expect(vi.getTimerCount()).toBe(0);
});

it('sends what is pending when the request before it is answered, and has no timer then', async () => {
  const { answer, push, sent } = startQueue();
  push(1);
  push(2);
  expect(sent).toEqual([1]);
  answer(1);
  expect(sent).toEqual([1, 2]);
  answer(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(vi.getTimerCount()).toBe(0);
});

it.each([1, 5, 200])(
  'sends what is pending after the %i ms of a throttling broker',
  async (throttledMs) => {
    const { answer, push, queue, sent } = startQueue();
    push(1);
    answer(1);
    queue.maybeThrottle(throttledMs);
    push(2);
    await vi.advanceTimersByTimeAsync(throttledMs - 1);
    expect(sent).toEqual([1]);
    await vi.advanceTimersByTimeAsync(20);
    expect(sent).toEqual([1, 2]);
    answer(2);
    expect(vi.getTimerCount()).toBe(0);
  },
);
