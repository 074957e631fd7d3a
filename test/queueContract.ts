/** What every kind of queue must do: the unit tests run it against fakes, a proof against the real ones. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { HandleRecord, OutgoingRecord, Queue, QueueRecord } from '../src/queues/queue.js';
import { eventually } from './eventually.js';

export interface QueueUnderTest {
  /** Empty, as are its dead letters. */
  queue: Queue;
  /** Another one with the same places, as in another process. */
  another: () => Promise<Queue>;
  /** The same places, unreachable or missing. */
  missing: () => Promise<Queue>;
  close: () => Promise<void>;
}

function record(text: string, more: Partial<OutgoingRecord> = {}): OutgoingRecord {
  return { headers: {}, body: Buffer.from(text), ...more };
}

/** Collects what is handed over. */
function collector(outcome: (record: QueueRecord) => Promise<'settled' | 'kept'>) {
  const records: QueueRecord[] = [];
  const handle: HandleRecord = (each) => {
    records.push(each);
    return outcome(each);
  };
  return { records, handle, texts: () => records.map(({ body }) => body.toString()) };
}

const settle = () => Promise.resolve('settled' as const);
const bury = (detail: string) => async (each: QueueRecord) => {
  await each.moveToDeadLetters({ reason: 'invalid_request', detail });
  return 'settled' as const;
};

async function lagOf(queue: Queue): Promise<number> {
  const lag = await queue.lag();
  return lag.reduce((sum, { records }) => sum + records, 0);
}

/** @param quickMs in which the queue would hand a record over, if it was not to wait */
export function queueContract(
  open: () => Promise<QueueUnderTest>,
  { quickMs = 1_000 }: { quickMs?: number } = {},
): void {
  const inQueue = (name: string, work: (under: QueueUnderTest) => Promise<void>): void => {
    it(name, async () => {
      const under = await open();
      try {
        await work(under);
      } finally {
        await under.close();
      }
    });
  };

  inQueue(
    'hands over bytes, headers and the time, and removes what is settled',
    async ({ queue }) => {
      const before = Date.now();
      const headers = { traceparent: '00-1', 'Idempotency-Key': 'Schlüssel 😀' };
      await queue.send([record('{"text":"😀 مرحبا\\r\\n"}', { headers })]);
      const { handle, records } = collector(settle);
      const consumer = queue.consume(handle);
      await eventually(() => expect(records).toHaveLength(1));
      await eventually(async () => expect(await lagOf(queue)).toBe(0));
      const [only] = records;
      expect(only?.body.toString()).toBe('{"text":"😀 مرحبا\\r\\n"}');
      expect(only?.headers).toMatchObject({
        traceparent: '00-1',
        'idempotency-key': 'Schlüssel 😀',
      });
      expect(only?.id).toMatch(/^[\x21-\x7e]{1,400}$/);
      expect(Math.abs((only?.sentAt.getTime() ?? 0) - before)).toBeLessThan(60_000);
      expect(consumer.fault()).toBeUndefined();
      await consumer.stop();
    },
  );

  inQueue('leaves odd bytes and many headers as they are', async ({ queue }) => {
    const bodies = [
      Buffer.alloc(0),
      Buffer.from([0, 1, 2, 255, 254]),
      Buffer.from('\u0000\u0001\u007f\ufffe\uffff\t\r\n'),
      Buffer.from('x'.repeat(200_000)),
    ];
    const many = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`x-header-${index}`, `value ${index}`]),
    );
    const odd = { empty: '', control: 'a\u0001b', "x-!#$%&'*+^`|~": 'name', __proto__x: 'p' };
    const headers = { ...many, ...odd };
    await queue.send(bodies.map((body) => ({ headers, body })));
    const { handle, records } = collector(settle);
    const consumer = queue.consume(handle);
    await eventually(() => expect(records).toHaveLength(bodies.length));
    const sort = (all: readonly Buffer[]) => all.map((each) => each.toString('hex')).toSorted();
    expect(sort(records.map(({ body }) => body))).toEqual(sort(bodies));
    for (const each of records) expect(each.headers).toMatchObject(headers);
    await consumer.stop();
  });

  inQueue(
    'hands over again, with the same id, what a stopped consumer had not settled',
    async ({ another, queue }) => {
      await queue.send([record('kept'), record('settled')]);
      const first = collector(
        (each) =>
          each.body.toString() === 'settled'
            ? settle()
            : new Promise(() => undefined) /* until it is revoked */,
      );
      const consumer = queue.consume((each, revoked) =>
        Promise.race([
          first.handle(each, revoked),
          new Promise<'kept'>((resolve) => {
            revoked.addEventListener('abort', () => resolve('kept'));
          }),
        ]),
      );
      await eventually(() => expect(first.texts().toSorted()).toEqual(['kept', 'settled']));
      await consumer.stop();
      const second = collector(settle);
      const other = await another();
      const next = other.consume(second.handle);
      await eventually(() => expect(second.texts()).toContain('kept'));
      const idIn = ({ records }: { records: QueueRecord[] }) =>
        records.find(({ body }) => body.toString() === 'kept')?.id;
      expect(idIn(second)).toBe(idIn(first));
      await next.stop();
      await other.close();
    },
  );

  inQueue('settles what had begun before it stops', async ({ another, queue }) => {
    await queue.send([record('slow')]);
    const begun = collector(async () => {
      await delay(quickMs);
      return 'settled' as const;
    });
    const consumer = queue.consume(begun.handle);
    await eventually(() => expect(begun.records).toHaveLength(1));
    await consumer.stop();
    const other = await another();
    await eventually(async () => expect(await lagOf(other)).toBe(0));
    await other.close();
  });

  inQueue('takes nothing while it is paused', async ({ queue }) => {
    const { handle, records, texts } = collector(settle);
    const consumer = queue.consume(handle);
    await queue.send([record('before')]);
    await eventually(() => expect(texts()).toEqual(['before']));
    consumer.pause();
    await delay(quickMs);
    await queue.send([record('while paused')]);
    // A request that was under way may still bring one; no other is made.
    await delay(quickMs);
    await queue.send([record('second')]);
    await delay(quickMs);
    expect(records.length).toBeLessThanOrEqual(2);
    consumer.resume();
    await eventually(() =>
      expect(texts().toSorted()).toEqual(['before', 'second', 'while paused']),
    );
    await consumer.stop();
  });

  inQueue(
    'keeps dead letters with their reason, and replays each as it came',
    async ({ another, queue }) => {
      const headers = { traceparent: '00-2', 'idempotency-key': 'k' };
      const detail = `deduplicationKey: is missing ${'😀'.repeat(2_000)} \u0000`;
      const originals = [record('poison 1', { headers }), record('poison 2\u0000')];
      await queue.send(originals);
      const first = collector(bury(detail));
      const consumer = queue.consume(first.handle);
      await eventually(async () => expect(await lagOf(queue)).toBe(0));
      await consumer.stop();

      const other = await another();
      const listed = await other.deadLetters(10);
      expect(listed).toHaveLength(2);
      for (const letter of listed) {
        expect(letter).toMatchObject({ reason: 'invalid_request', replays: 0 });
        expect(letter.detail).toMatch(/^deduplicationKey: is missing/);
        expect(letter.deadAt.getTime()).toBeGreaterThanOrEqual(letter.sentAt.getTime() - 1_000);
        expect(letter.sizeBytes).toBeGreaterThan(0);
      }
      expect(await other.deadLetters(1)).toHaveLength(1);
      expect(await other.replayDeadLetters()).toBe(2);
      expect(await other.deadLetters(10)).toEqual([]);

      const second = collector(bury('again'));
      const next = other.consume(second.handle);
      await eventually(() =>
        expect(second.texts().toSorted()).toEqual(['poison 1', 'poison 2\u0000']),
      );
      await eventually(async () => expect(await lagOf(other)).toBe(0));
      await next.stop();
      const ids = ({ records }: { records: QueueRecord[] }) =>
        records.map(({ id }) => id).toSorted();
      expect(ids(second)).toEqual(ids(first));
      const [again] = second.records.filter(({ body }) => body.toString() === 'poison 1');
      expect(again?.headers).toMatchObject(headers);
      const third = await another();
      const letters = await third.deadLetters(10);
      expect(letters.map(({ replays }) => replays)).toEqual([1, 1]);
      await third.close();
      await other.close();
    },
  );

  inQueue('says what is missing', async ({ missing, queue }) => {
    expect(await queue.faults()).toEqual([]);
    const other = await missing();
    const faults = await other.faults();
    expect(faults.length).toBeGreaterThan(0);
    await expect(other.send([record('lost')])).rejects.toThrow();
    await other.close();
  });
}
