/** The consumer with a client of the test: what it commits, whatever the order of outcomes and of rebalances. */
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  KafkaMessage,
  Offsets,
  Subscription,
  SubscriptionOptions,
} from '../../../src/queues/kafka/client.js';
import { KafkaConsumer } from '../../../src/queues/kafka/kafkaConsumer.js';
import type { QueueRecord } from '../../../src/queues/queue.js';

const log = pino({ level: 'silent' });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A broker with one member: it keeps what is committed, and hands over from there after each rebalance. */
class FakeGroup {
  readonly committed = new Map<number, bigint>();
  readonly paused = new Set<number>();
  subscriptions = 0;
  left = 0;
  commitFails = false;
  #options: SubscriptionOptions | undefined;
  #fail: (error: Error) => void = () => undefined;

  subscribe = (options: SubscriptionOptions): Promise<Subscription> => {
    this.subscriptions += 1;
    this.#options = options;
    const failed = new Promise<Error>((resolve) => (this.#fail = resolve));
    return Promise.resolve({
      pause: (partitions: readonly number[]) => partitions.forEach((each) => this.paused.add(each)),
      resume: (partitions: readonly number[]) =>
        partitions.forEach((each) => this.paused.delete(each)),
      commit: (offsets: Offsets) => {
        if (this.commitFails) return Promise.reject(new Error('a rebalance'));
        for (const [partition, offset] of offsets) this.committed.set(partition, offset);
        return Promise.resolve();
      },
      stop: () => {
        this.left += 1;
        return Promise.resolve();
      },
      failed,
    });
  };

  assign(...partitions: number[]): void {
    this.#options?.onAssigned(partitions);
  }

  deliver(partition: number, messages: readonly KafkaMessage[], lastOffset?: bigint): void {
    const last = lastOffset ?? messages.at(-1)?.offset ?? 0n;
    this.#options?.onBatch({ partition, messages: [...messages], lastOffset: last });
  }

  crash(): void {
    this.#fail(new Error('The broker is gone'));
  }
}

function messageAt(offset: bigint, more: Partial<KafkaMessage> = {}): KafkaMessage {
  const value = Buffer.from(`{"n":${offset}}`);
  return { offset, key: undefined, value, headers: [], timestampMs: 1_000, ...more };
}

interface Handling {
  record: QueueRecord;
  revoked: AbortSignal;
  end: (outcome: 'settled' | 'kept') => void;
}

function startConsumer(group: FakeGroup, mostInHand = 1_000, mostUncommitted = 10_000) {
  const handled: Handling[] = [];
  const consumer = new KafkaConsumer({
    client: group,
    topic: 'messages',
    group: 'g',
    mostInHand,
    mostUncommitted,
    handle: (record, revoked) =>
      new Promise((end) => {
        handled.push({ record, revoked, end });
      }),
    moveToDeadLetters: () => Promise.resolve(),
    log,
  });
  return { consumer, handled };
}

const settled = async () => await vi.advanceTimersByTimeAsync(600);

describe('a Kafka consumer', () => {
  it('commits only what is settled without a gap, whatever ends first and whenever the group is shared anew', async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('deliver'), count: fc.nat(5) }) },
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('end'), which: fc.nat(50) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('rebalance') }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash') }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('time') }) },
    );
    let commits = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const group = new FakeGroup();
        const { consumer, handled } = startConsumer(group);
        await settled();
        group.assign(0);
        const ended = new Set<string>();
        let next = 0n;
        const rejoin = async () => {
          await settled();
          group.assign(0);
          next = group.committed.get(0) ?? 0n;
        };
        for (const each of steps) {
          if (each.kind === 'deliver' && 'count' in each) {
            const messages = Array.from({ length: each.count + 1 }, (_, index) =>
              messageAt(next + BigInt(index)),
            );
            group.deliver(0, messages);
            next += BigInt(messages.length);
          } else if (each.kind === 'end' && 'which' in each) {
            const open = handled.filter(({ record }) => !ended.has(record.id));
            const one = open[each.which % Math.max(1, open.length)];
            one?.end('settled');
            if (one) ended.add(one.record.id);
          } else if (each.kind === 'rebalance') await rejoin();
          else if (each.kind === 'crash') {
            group.crash();
            await vi.advanceTimersByTimeAsync(20_000);
            await rejoin();
          } else await settled();
          const committed = group.committed.get(0) ?? 0n;
          for (let offset = 0n; offset < committed; offset += 1n) {
            expect(ended).toContain(`messages/0/${offset}@1000`);
          }
        }
        if (group.committed.size > 0) commits += 1;
        const stopped = consumer.stop();
        await vi.advanceTimersByTimeAsync(20_000);
        await stopped;
      }),
      { numRuns: 60 },
    );
    // Else nothing was shown.
    expect(commits).toBeGreaterThan(5);
  });

  it('commits the end of a batch, beyond markers of transactions', async () => {
    const group = new FakeGroup();
    const { consumer, handled } = startConsumer(group);
    await settled();
    group.assign(3);
    group.deliver(3, [messageAt(7n), messageAt(8n)], 9n);
    handled.forEach(({ end }) => end('settled'));
    await settled();
    expect(group.committed.get(3)).toBe(10n);
    await Promise.all([consumer.stop(), vi.advanceTimersByTimeAsync(1_000)]);
  });

  it('commits what follows and is no record, also where it comes alone, but not before the records in front of it', async () => {
    const group = new FakeGroup();
    const { consumer, handled } = startConsumer(group);
    await settled();
    group.assign(0);
    group.deliver(0, [], 4n);
    await settled();
    expect(group.committed.get(0)).toBe(5n);
    group.deliver(0, [messageAt(5n)]);
    group.deliver(0, [], 6n);
    await settled();
    expect(group.committed.get(0)).toBe(5n);
    handled[0]?.end('settled');
    await settled();
    expect(group.committed.get(0)).toBe(7n);
    await Promise.all([consumer.stop(), vi.advanceTimersByTimeAsync(1_000)]);
  });

  it('fetches no more of a partition where very many wait behind one record, but of the others', async () => {
    const group = new FakeGroup();
    const { consumer, handled } = startConsumer(group, 1_000, 20);
    await settled();
    group.assign(0, 1);
    const messages = Array.from({ length: 21 }, (_, offset) => messageAt(BigInt(offset)));
    group.deliver(0, messages);
    for (const { end } of handled.slice(1)) end('settled');
    await settled();
    expect([...group.paused]).toEqual([0]);
    handled[0]?.end('settled');
    await settled();
    expect(group.paused.size).toBe(0);
    expect(group.committed.get(0)).toBe(21n);
    await Promise.all([consumer.stop(), vi.advanceTimersByTimeAsync(1_000)]);
  });

  it('tries a commit again that has failed', async () => {
    const group = new FakeGroup();
    const { consumer, handled } = startConsumer(group);
    await settled();
    group.assign(0);
    group.commitFails = true;
    group.deliver(0, [messageAt(0n)]);
    handled[0]?.end('settled');
    await settled();
    expect(group.committed.size).toBe(0);
    group.commitFails = false;
    await settled();
    expect(group.committed.get(0)).toBe(1n);
    await Promise.all([consumer.stop(), vi.advanceTimersByTimeAsync(1_000)]);
  });

  it('takes a pause with a full hand, and goes on with half of it', async () => {
    const group = new FakeGroup();
    const { consumer, handled } = startConsumer(group, 10);
    await settled();
    group.assign(0, 1);
    group.deliver(
      0,
      Array.from({ length: 12 }, (_, offset) => messageAt(BigInt(offset))),
    );
    expect([...group.paused].sort()).toEqual([0, 1]);
    for (const { end } of handled.slice(0, 6)) end('settled');
    await settled();
    expect(group.paused.size).toBe(2);
    handled[6]?.end('settled');
    handled[7]?.end('settled');
    await settled();
    expect(group.paused.size).toBe(0);
    handled.forEach(({ end }) => end('settled'));
    await Promise.all([consumer.stop(), vi.advanceTimersByTimeAsync(1_000)]);
  });

  it('stays paused over a rebalance until it is resumed', async () => {
    const group = new FakeGroup();
    const { consumer } = startConsumer(group);
    await settled();
    group.assign(0);
    consumer.pause();
    group.assign(0, 1);
    expect([...group.paused].sort()).toEqual([0, 1]);
    consumer.resume();
    expect(group.paused.size).toBe(0);
    await Promise.all([consumer.stop(), vi.advanceTimersByTimeAsync(1_000)]);
  });

  it('stops when what has begun is settled, commits it, and leaves the group', async () => {
    const group = new FakeGroup();
    const { consumer, handled } = startConsumer(group);
    await settled();
    group.assign(0);
    group.deliver(0, [messageAt(0n), messageAt(1n)]);
    const stopped = consumer.stop();
    expect(handled.every(({ revoked }) => revoked.aborted)).toBe(true);
    handled[0]?.end('settled');
    await vi.advanceTimersByTimeAsync(100);
    expect(group.left).toBe(0);
    handled[1]?.end('kept');
    await vi.advanceTimersByTimeAsync(100);
    await stopped;
    expect(group.committed.get(0)).toBe(1n);
    expect(group.left).toBe(1);
  });

  it('makes a new client for each one that fails, with growing pauses, and says what is wrong', async () => {
    const group = new FakeGroup();
    const { consumer } = startConsumer(group);
    await settled();
    group.assign(0);
    expect(consumer.fault()).toBeUndefined();
    for (let crashes = 1; crashes <= 4; crashes += 1) {
      group.crash();
      await vi.advanceTimersByTimeAsync(0);
      expect(consumer.fault()).toContain('The broker is gone');
      await vi.advanceTimersByTimeAsync(16_000);
      expect(group.subscriptions).toBe(crashes + 1);
    }
    group.assign(0);
    expect(consumer.fault()).toBeUndefined();
    await Promise.all([consumer.stop(), vi.advanceTimersByTimeAsync(1_000)]);
  });

  it('reads headers whatever their case and number, and keys as they are', async () => {
    const group = new FakeGroup();
    const { consumer, handled } = startConsumer(group);
    await settled();
    group.assign(0);
    const headers: KafkaMessage['headers'] = [
      ['X-Name', Buffer.from('ä 😀')],
      ['x-name', Buffer.from('b')],
      ['__proto__', Buffer.from('c')],
    ];
    group.deliver(0, [messageAt(0n, { headers, key: Buffer.from([0xff, 0]), value: undefined })]);
    const [{ record } = { record: undefined }] = handled;
    expect(record?.headers['x-name']).toBe('ä 😀, b');
    expect(record?.orderedBy).toBe('\u00ff\u0000');
    expect(record?.body).toHaveLength(0);
    expect(record?.isTombstone).toBe(true);
    handled[0]?.end('settled');
    await Promise.all([consumer.stop(), vi.advanceTimersByTimeAsync(1_000)]);
  });
});
