import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '@aws-sdk/client-sqs';
import { pino } from 'pino';
import { Reservations } from '../../../src/queues/sqs/reservations.js';
import type { Failed } from '../../../src/queues/sqs/calls.js';

const HIDDEN_MS = 30_000;
const log = pino({ level: 'silent' });

type Call = (messages: readonly Message[], seconds?: number) => Promise<Failed<Message>[]>;

function message(number: number): Message {
  return { MessageId: `m-${number}`, ReceiptHandle: `r-${number}` };
}

function reservations() {
  const hide = vi.fn<Call>(() => Promise.resolve([]));
  const deletion = vi.fn<Call>(() => Promise.resolve([]));
  const all = new Reservations({
    calls: { hide, delete: deletion },
    visibilityTimeoutMs: HIDDEN_MS,
    log,
    onLeft: () => undefined,
  });
  return { all, hide, deletion };
}

const failed =
  (isFinal: boolean): Call =>
  (messages) =>
    Promise.resolve(messages.map((entry) => ({ entry, error: new Error('no'), isFinal })));

describe('records in hand', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('stay hidden for as long as they are handled', async () => {
    const { all, hide } = reservations();
    const reserved = all.add(message(1));
    await vi.advanceTimersByTimeAsync(10 * HIDDEN_MS);
    expect(reserved.revoked.aborted).toBe(false);
    expect(hide.mock.calls.length).toBeGreaterThan(20);
    expect(hide.mock.calls.length).toBeLessThan(40);
    expect(hide.mock.calls.every(([, seconds]) => seconds === HIDDEN_MS / 1_000)).toBe(true);
    all.stop();
  });

  it('are extended ten with one request', async () => {
    const { all, hide } = reservations();
    for (let number = 0; number < 25; number += 1) all.add(message(number));
    await vi.advanceTimersByTimeAsync(12_000);
    expect(hide.mock.calls.map(([messages]) => messages.length)).toEqual([10, 10, 5]);
    all.stop();
  });

  it('are given up when SQS can’t be asked for as long as they are hidden, and not before', async () => {
    const { all, hide } = reservations();
    hide.mockRejectedValue(new Error('away'));
    const reserved = all.add(message(1));
    await vi.advanceTimersByTimeAsync(HIDDEN_MS - 4_000);
    expect(reserved.revoked.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(reserved.revoked.aborted).toBe(true);
    all.stop();
  });

  it('are given up at once when SQS says that they are not in hand any more', async () => {
    const { all, hide } = reservations();
    hide.mockImplementation(failed(true));
    const reserved = all.add(message(1));
    await vi.advanceTimersByTimeAsync(12_000);
    expect(reserved.revoked.aborted).toBe(true);
    expect(hide).toHaveBeenCalledTimes(1);
    all.stop();
  });

  it('are deleted together when they are settled, and are not extended any more', async () => {
    const { all, deletion, hide } = reservations();
    const some = Array.from({ length: 13 }, (_, number) => all.add(message(number)));
    for (const reserved of some) reserved.settle();
    await vi.advanceTimersByTimeAsync(100);
    expect(deletion.mock.calls.map(([messages]) => messages.length)).toEqual([10, 3]);
    expect(all.size).toBe(0);
    await vi.advanceTimersByTimeAsync(HIDDEN_MS);
    expect(hide).not.toHaveBeenCalled();
    all.stop();
  });

  it('are deleted by a later request where the first fails, for as long as they are hidden', async () => {
    const { all, deletion } = reservations();
    deletion.mockRejectedValueOnce(new Error('away')).mockImplementationOnce(failed(false));
    all.add(message(1)).settle();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(deletion).toHaveBeenCalledTimes(3);
    expect(all.size).toBe(0);
    deletion.mockRejectedValue(new Error('away'));
    all.add(message(2)).settle();
    await vi.advanceTimersByTimeAsync(HIDDEN_MS);
    expect(all.size).toBe(0);
    all.stop();
  });

  it('are given back when they are released for that', async () => {
    const { all, hide } = reservations();
    all.add(message(1)).release({ giveBack: true });
    all.add(message(2)).release({ giveBack: false });
    await all.flush();
    expect(hide.mock.calls).toEqual([[[message(1)], 0]]);
    all.stop();
  });
});
