import { describe, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import { QueuedIntake } from '../../src/api/queuedIntake.js';
import { ANY_TENANT } from '../../src/api/findMessage.js';
import { explainMaybeQueued, queuedMessageBody } from '../../src/api/queuedMessage.js';
import { Problem } from '../../src/api/problem.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { RecordTooLarge, type OutgoingRecord, type Queue } from '../../src/queues/queue.js';

type Send = Queue['send'];

function intake(
  send: Send,
  lag: Queue['lag'] = () => Promise.resolve([]),
  sendFault: Queue['sendFault'] = () => Promise.resolve(undefined),
) {
  return new QueuedIntake({
    name: 'main',
    queue: { send, lag, sendFault },
    metrics: createMetrics(),
    log: pino({ level: 'silent' }),
  });
}

function record(text: string): OutgoingRecord {
  return { headers: {}, body: Buffer.from(text) };
}

describe('the queue in front of the API', () => {
  it('sends together what comes while it is busy, each once and in order', async () => {
    const sent: string[][] = [];
    const put = intake(async (records) => {
      sent.push(records.map(({ body }) => body.toString()));
      await new Promise((resolve) => setTimeout(resolve, 5));
    });
    const texts = Array.from({ length: 500 }, (_, number) => String(number));
    await Promise.all(texts.map((text) => put.put(record(text))));
    expect(sent.flat()).toEqual(texts);
    expect(sent.length).toBeLessThan(20);
  });

  it('sends with one request what comes in one turn of the event loop, and makes two requests at once', async () => {
    const sent: number[] = [];
    const release: (() => void)[] = [];
    const put = intake((records) => {
      sent.push(records.length);
      return new Promise((resolve) => release.push(resolve));
    });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const puts: Promise<void>[] = [];
    const receive = async (count: number) => {
      puts.push(...Array.from({ length: count }, () => put.put(record('x'))));
      await turn();
    };
    await receive(30);
    await receive(20);
    await receive(4);
    await receive(3);
    expect(sent).toEqual([30, 20]);
    release[0]?.();
    await turn();
    // What came while both were under way goes together, too.
    expect(sent).toEqual([30, 20, 7]);
    for (const each of release) each();
    await Promise.all(puts);
  });

  it('says 503 and when to try again where the queue is away, and remembers nothing', async () => {
    const failing = intake(() => Promise.reject(new Error('connect ECONNREFUSED')));
    const problem: unknown = await failing.put(record('x'), 'key').catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ status: 503, type: 'queue_unavailable', retryAfterSeconds: 5 });
    expect(failing.queuedAt('key')).toBeUndefined();
  });

  it('says whether the queue takes records, asks it seldom, and believes what was sent sooner', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    try {
      let isAway = false;
      let answer: () => Promise<string | undefined> = () => Promise.resolve(undefined);
      const sendFault = vi.fn(() => answer());
      const send = () => (isAway ? Promise.reject(new Error('no')) : Promise.resolve());
      const asked = intake(send, undefined, sendFault);
      const faults = await Promise.all([asked.fault(), asked.fault(), asked.fault()]);
      expect([...faults, sendFault.mock.calls.length]).toEqual([
        undefined,
        undefined,
        undefined,
        1,
      ]);

      isAway = true;
      await asked.put(record('x')).catch(() => undefined);
      expect(await asked.fault()).toContain('doesn’t store what is sent');
      isAway = false;
      await asked.put(record('x'));
      expect(await asked.fault()).toBeUndefined();

      // Without senders, the queue itself is asked again.
      isAway = true;
      await asked.put(record('x')).catch(() => undefined);
      vi.advanceTimersByTime(6_000);
      expect(await asked.fault()).toBeUndefined();
      answer = () => Promise.resolve('Kafka has no topic messages: create it.');
      vi.advanceTimersByTime(6_000);
      expect(await asked.fault()).toContain('create it');
      answer = () => Promise.reject(new Error('connect ECONNREFUSED'));
      vi.advanceTimersByTime(6_000);
      expect(await asked.fault()).toContain('can’t be reached');
      answer = () => new Promise(() => undefined);
      vi.advanceTimersByTime(6_000);
      const late = asked.fault();
      await vi.advanceTimersByTimeAsync(3_000);
      expect(await late).toContain('can’t be reached');
    } finally {
      vi.useRealTimers();
    }
  });

  it('refuses a record that is too large, and stores those that came with it', async () => {
    const stored: string[] = [];
    const send: Send = async (records) => {
      await Promise.resolve();
      if (records.some(({ body }) => body.length > 10)) throw new RecordTooLarge(10);
      stored.push(...records.map(({ body }) => body.toString()));
    };
    const put = intake(vi.fn(send));
    const results = await Promise.allSettled(
      ['a', 'b', 'far too large', 'c', 'd', 'e', 'f'].map((text) => put.put(record(text))),
    );
    expect(stored.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toMatchObject([{ reason: { status: 413, type: 'body_too_large' } }]);
  });

  it('refuses what it can’t hold while the queue is slow', async () => {
    let release: () => void = () => undefined;
    const slow = intake(() => new Promise<void>((resolve) => (release = resolve)));
    const all = Array.from({ length: 6_000 }, () => slow.put(record('x'.repeat(1_000))));
    const refused = all.slice(-1);
    await expect(Promise.all(refused)).rejects.toMatchObject({ status: 503, type: 'overloaded' });
    release();
    void Promise.allSettled(all);
  });

  it('remembers what it has queued, and says what is known of it', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const lag = vi.fn<Queue['lag']>(() => Promise.resolve([{ partition: '0', records: 312 }]));
    const known = intake(() => Promise.resolve(), lag);
    await known.put(record('x'), 'key');
    const body = await queuedMessageBody(known, 'key', '', ANY_TENANT);
    expect(body).toMatchObject({
      deduplicationKey: 'key',
      status: 'queued',
      queue: 'main',
      deliveries: [],
    });
    expect(body?.explanation).toMatch(/^Queued since .* in the queue main, which has 312 records/);
    expect(await queuedMessageBody(known, 'other', '', ANY_TENANT)).toBeUndefined();
    expect(await explainMaybeQueued(known, ANY_TENANT)).toMatch(
      /may also be in the queue main, which has 312/,
    );
    vi.advanceTimersByTime(5_000);
    lag.mockResolvedValue([]);
    expect((await queuedMessageBody(known, 'key', '', ANY_TENANT))?.explanation).toMatch(
      /dead-letters list/,
    );
    expect(await explainMaybeQueued(known, ANY_TENANT)).toBe('Nothing waits in the queue main.');
    vi.advanceTimersByTime(5_000);
    lag.mockRejectedValue(new Error('away'));
    expect((await queuedMessageBody(known, 'key', '', ANY_TENANT))?.explanation).toMatch(
      /can’t be asked now/,
    );
    vi.useRealTimers();
  });
});
