/** From records to starts of workflows, with a Temporal that remembers them, and a queue in memory. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadConfiguration, type Configuration } from '../../../src/config/configuration.js';
import { consumeQueue, type ConsumedQueue } from '../../../src/ingest/consumeQueue.js';
import type {
  DeadLetterReason,
  HandleRecord,
  Queue,
  QueueRecord,
} from '../../../src/queues/queue.js';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.js';
import { startTracing, type Tracing } from '../../../src/telemetry/tracing.js';
import { GRPC_STATUS } from '../../../src/temporal/grpcStatus.js';
import { WriteProof } from '../../../src/temporal/writeProof.js';
import { eventually } from '../../eventually.js';
import { inputOf, OPS, startIntakeApi, type Start } from '../intakeApi.js';
import { clientAnsweredBy, grpcError } from '../temporalService.js';

const log = pino({ level: 'silent' });
const ALERT = {
  key: '{{ body.id }}',
  title: '{{ body.title }}',
  conversation: '{{ body.group }}',
};
let directory: string;
let configuration: Configuration;
let tracing: Tracing;

beforeAll(async () => {
  tracing = startTracing('sendproof-test');
  directory = await mkdtemp(join(tmpdir(), 'sendproof-queue-'));
  const file = join(directory, 'sendproof.yaml');
  const content = {
    accounts: { slack: { default: { token: { env: 'SLACK_BOT_TOKEN' } } } },
    sources: {
      alerts: { type: 'generic', map: ALERT },
      aws: { type: 'sns', topics: ['arn:*'], emulator: 'http://127.0.0.1:1' },
    },
    routes: [{ name: 'all', to: [OPS] }],
    queues: {
      main: { kafka: { brokers: ['127.0.0.1:1'], topic: 'messages' }, inFlight: 8 },
      aged: { kafka: { brokers: ['127.0.0.1:1'], topic: 'aged' }, maxAge: '10m' },
      events: { kafka: { brokers: ['127.0.0.1:1'], topic: 'events' }, source: 'alerts' },
      aws: { kafka: { brokers: ['127.0.0.1:1'], topic: 'aws' }, source: 'aws' },
    },
  };
  await writeFile(file, JSON.stringify(content));
  configuration = loadConfiguration({ SENDPROOF_CONFIG: file, SLACK_BOT_TOKEN: 'unused' });
});
afterAll(async () => {
  await tracing.stop();
  await rm(directory, { recursive: true });
});

/** What is put into it is handed over at once; what is settled is noted. */
class MemoryQueue {
  readonly settled: string[] = [];
  readonly kept: string[] = [];
  readonly dead: { id: string; reason: DeadLetterReason }[] = [];
  readonly revoked = new AbortController();
  pauses = 0;
  isPaused = false;
  deadLettersFail = 0;
  #handle: HandleRecord | undefined;

  readonly queue = {
    consume: (handle: HandleRecord) => {
      this.#handle = handle;
      return {
        pause: () => {
          this.pauses += 1;
          this.isPaused = true;
        },
        resume: () => (this.isPaused = false),
        fault: () => undefined,
        stop: () => Promise.resolve(),
      };
    },
  } as unknown as Queue;

  async put(body: unknown, more: Partial<QueueRecord> = {}): Promise<void> {
    const id = more.id ?? `place/${this.settled.length}`;
    const record: QueueRecord = {
      id,
      orderedBy: undefined,
      headers: {},
      body: Buffer.isBuffer(body)
        ? body
        : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      sentAt: new Date('2026-11-23T12:00:00Z'),
      moveToDeadLetters: (reason) => {
        if (this.deadLettersFail > 0) {
          this.deadLettersFail -= 1;
          return Promise.reject(new Error('the dead letters are away'));
        }
        this.dead.push({ id, reason });
        return Promise.resolve();
      },
      ...more,
    };
    const outcome = await this.#handle?.(record, this.revoked.signal);
    (outcome === 'settled' ? this.settled : this.kept).push(id);
  }
}

interface Consumed {
  memory: MemoryQueue;
  starts: Start[];
  metrics: Metrics;
  notices: { queue: string; reason: string }[];
  consumed: ConsumedQueue;
}

function consume(name: string, answer: (start: Start) => unknown = () => undefined): Consumed {
  const starts: Start[] = [];
  const client = clientAnsweredBy(async ({ method, request }) => {
    if (method !== 'startWorkflowExecution') return {};
    const given = await answer(request);
    if (given !== undefined) return given;
    starts.push(request);
    return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
  });
  const metrics = createMetrics();
  const notices: Consumed['notices'] = [];
  const memory = new MemoryQueue();
  const configured = configuration.queues.find((each) => each.name === name);
  if (!configured) throw new Error(`There is no queue ${name}`);
  const context = { client, configuration, log, metrics, writes: new WriteProof(client, log) };
  const consumed = consumeQueue(configured, memory.queue, context, {
    add: (notice) => notices.push(notice),
  });
  return { memory, starts, metrics, notices, consumed };
}

const message = (more: object = {}) => ({
  deduplicationKey: 'k',
  destinations: [OPS],
  content: { text: 'hello' },
  ...more,
});

describe('a message in a queue', () => {
  it('becomes the same workflow as over HTTP', async () => {
    const sent = message({
      content: { text: '**x** 😀', title: 't', severity: 'critical' },
      correlation: { source: 'pagerduty', reference: '55' },
      priority: 1,
      conversation: { key: 'c', at: '2026-11-23T12:00:00Z' },
    });
    const { memory, starts } = consume('main');
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;
    await memory.put(sent, { headers: { traceparent } });
    const http = await startIntakeApi();
    try {
      await fetch(`${http.api.url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', traceparent },
        body: JSON.stringify(sent),
      });
    } finally {
      // Not the tracing, which the other tests go on using.
      await http.api.close();
    }
    const comparable = (start: Start | undefined) => {
      const { conversation, ...input } = inputOf(start);
      const { acceptedAt, ...rest } = conversation as Record<string, unknown>;
      expect(acceptedAt).toBeDefined();
      return {
        id: start?.workflowId,
        input,
        conversation: rest,
        attributes: start?.searchAttributes,
      };
    };
    expect(comparable(starts[0])).toEqual(comparable(http.starts[0]));
    expect(inputOf(starts[0]).traceId).toBe('a'.repeat(32));
    expect(memory.settled).toHaveLength(1);
  });

  it.each([
    ['the body', {}, message(), 'k'],
    ['the header', { 'idempotency-key': 'h' }, message({ deduplicationKey: undefined }), 'h'],
    [
      'a quoted header',
      { 'idempotency-key': '"h"' },
      message({ deduplicationKey: undefined }),
      'h',
    ],
    ['both, if they agree', { 'idempotency-key': 'k' }, message(), 'k'],
    ['its place', {}, message({ deduplicationKey: undefined }), 'place/7'],
    [
      'its place, where the header is empty',
      { 'idempotency-key': ' ' },
      message({ deduplicationKey: undefined }),
      'place/7',
    ],
  ])('has its key from %s', async (_name, headers, body, key) => {
    const { memory, starts } = consume('main');
    await memory.put(body, { headers, id: 'place/7' });
    expect(starts.map(({ workflowId }) => workflowId)).toEqual([key]);
  });

  it.each([
    ['malformed_json', 'not JSON'],
    ['malformed_json', ''],
    ['malformed_text', Buffer.from([0x7b, 0xff, 0x7d])],
    ['invalid_request', '"a text"'],
    ['invalid_request', 'null'],
    ['invalid_request', '[]'],
    ['invalid_request', '{}'],
    ['invalid_request', '{"__proto__":{"destinations":["slack:default/C0123ABC"]}}'],
    ['invalid_request', message({ destinations: ['slack:nobody/C0123ABC'] })],
    ['invalid_request', message({ destinations: [] })],
    ['invalid_request', message({ content: { text: '\ud83d' } })],
    ['invalid_request', message({ unknown: true })],
    ['invalid_request', message({ deduplicationKey: 'sendproof/notice/x' })],
    ['body_too_large', message({ content: { text: 'x'.repeat(600_000) } })],
  ])(
    'that is %s goes to the dead letters before it is removed, and people are notified: %j',
    async (reason, body) => {
      const { memory, metrics, notices, starts } = consume('main');
      await memory.put(body, { id: 'place/1' });
      expect(starts).toEqual([]);
      expect(memory.dead.map(({ id, reason: why }) => [id, why.reason])).toEqual([
        ['place/1', reason],
      ]);
      expect(memory.settled).toEqual(['place/1']);
      expect(notices).toEqual([{ queue: 'main', reason }]);
      const { values } = await metrics.queueDeadLetters.get();
      expect(values).toEqual([{ labels: { queue: 'main', reason }, value: 1 }]);
    },
  );

  it('never ends the consumer, whatever is in it', async () => {
    const { memory } = consume('main');
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        fc.dictionary(fc.string(), fc.string()),
        async (body, headers) => {
          await memory.put(body, { headers });
        },
      ),
      { numRuns: 200 },
    );
    expect(memory.kept).toEqual([]);
  });

  it('expires with its age, or earlier where it says so', async () => {
    const { memory, starts } = consume('aged');
    const expiries = async (more: object) => {
      await memory.put(message(more));
      return inputOf(starts.at(-1)).expiresAt;
    };
    expect(await expiries({})).toBe('2026-11-23T12:10:00.000Z');
    expect(await expiries({ expiresAt: '2026-11-23T12:05:00Z' })).toBe('2026-11-23T12:05:00Z');
    expect(await expiries({ expiresAt: '2026-11-23T14:00:00+01:00' })).toBe(
      '2026-11-23T12:10:00.000Z',
    );
    // One that is to wait grows old from then on.
    expect(await expiries({ deliverAt: '2026-11-23T13:00:00Z' })).toBe('2026-11-23T13:10:00.000Z');
    expect(memory.dead).toEqual([]);
  });

  it('is accepted in the order of its conversation and of its key, and beside all others', async () => {
    const record = fc.record({
      conversation: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      key: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 20 }), fc.scheduler(), async (records, s) => {
        let running = 0;
        let most = 0;
        const { memory, starts } = consume('main', async () => {
          running += 1;
          most = Math.max(most, running);
          await s.schedule(Promise.resolve());
          running -= 1;
          return undefined;
        });
        const all = records.map(({ conversation, key }, index) =>
          memory.put(
            message({
              deduplicationKey: `m-${index}`,
              ...(conversation !== undefined && { conversation: { key: conversation } }),
            }),
            { orderedBy: key },
          ),
        );
        await s.waitFor(Promise.all(all));
        const order = starts.map(({ workflowId }) => Number(workflowId?.slice(2)));
        for (const lane of ['a', 'b', 'x', 'y']) {
          const inLane = order.filter(
            (index) => records[index]?.conversation === lane || records[index]?.key === lane,
          );
          expect(inLane).toEqual(inLane.toSorted((one, other) => one - other));
        }
        expect(most).toBeLessThanOrEqual(8);
      }),
      { numRuns: 50 },
    );
  });

  it('waits while Temporal is away, and is accepted then', async () => {
    vi.useFakeTimers();
    try {
      let isAway = true;
      const { consumed, memory, starts } = consume('main', () => {
        if (isAway) throw grpcError(GRPC_STATUS.UNAVAILABLE, 'away');
      });
      const numbers = [0, 1, 2, 3, 4];
      const put = Promise.all(
        numbers.map((number) => memory.put(message({ deduplicationKey: `m-${number}` }))),
      );
      await vi.advanceTimersByTimeAsync(20_000);
      expect(memory.isPaused).toBe(true);
      expect(consumed.fault()).toContain('Temporal didn’t answer');
      expect(memory.settled).toEqual([]);
      isAway = false;
      await vi.advanceTimersByTimeAsync(10_000);
      await put;
      expect(starts).toHaveLength(numbers.length);
      expect(memory.isPaused).toBe(false);
      expect(memory.pauses).toBe(1);
      expect(memory.dead).toEqual([]);
      expect(consumed.fault()).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });

  it('is tried again where Temporal fails for a reason that it doesn’t tell, and is a dead letter in the end', async () => {
    vi.useFakeTimers();
    try {
      let failures = 5;
      const { memory, starts } = consume('main', () => {
        failures -= 1;
        if (failures > 0) throw grpcError(GRPC_STATUS.UNKNOWN, 'the database has a bad day');
      });
      const put = memory.put(message());
      await vi.advanceTimersByTimeAsync(60_000);
      await put;
      expect(starts).toHaveLength(1);
      failures = Number.POSITIVE_INFINITY;
      const hopeless = memory.put(message({ deduplicationKey: 'other' }), { id: 'place/9' });
      await vi.advanceTimersByTimeAsync(300_000);
      await hopeless;
      expect(memory.dead.map(({ id, reason }) => [id, reason.reason])).toEqual([
        ['place/9', 'internal_error'],
      ]);
      expect(memory.settled).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('stays in the queue while the dead letters can’t be written', async () => {
    vi.useFakeTimers();
    try {
      const { consumed, memory } = consume('main');
      memory.deadLettersFail = 3;
      const put = memory.put('not JSON');
      await vi.advanceTimersByTimeAsync(100);
      expect(memory.settled).toEqual([]);
      expect(consumed.fault()).toContain('the dead letters are away');
      await vi.advanceTimersByTimeAsync(15_000);
      await put;
      expect(memory.dead).toHaveLength(1);
      expect(memory.settled).toHaveLength(1);
      expect(consumed.fault()).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });

  it('is said to wait for the dead letters until the last such record is moved or revoked', async () => {
    vi.useFakeTimers();
    try {
      const { consumed, memory } = consume('main');
      const away = (what: string) => () => Promise.reject(new Error(what));
      let moves = away('the topic dead is missing: create it');
      const first = memory.put('no JSON', { moveToDeadLetters: () => moves() });
      const second = memory.put('no JSON', { moveToDeadLetters: away('never') });
      await vi.advanceTimersByTimeAsync(100);
      expect(consumed.fault()).toMatch(/^2 records can’t be moved .* is missing: create it\. /);
      moves = () => Promise.resolve() as Promise<never>;
      await vi.advanceTimersByTimeAsync(5_000);
      await first;
      expect(consumed.fault()).toContain('A record can’t be moved to the dead letters: never.');
      // Others go on meanwhile.
      const third = memory.put(message());
      await vi.advanceTimersByTimeAsync(100);
      await third;
      memory.revoked.abort(new Error('revoked'));
      await second;
      expect(memory.kept).toHaveLength(1);
      expect(consumed.fault()).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });

  it('that has no value is skipped and counted, and is no dead letter', async () => {
    const { memory, metrics, notices, starts } = consume('main');
    await memory.put(Buffer.alloc(0), { isTombstone: true, orderedBy: 'k' });
    expect([memory.settled.length, memory.dead, starts, notices]).toEqual([1, [], [], []]);
    expect(await metrics.registry.metrics()).toContain(
      'sendproof_queue_records_total{queue="main",outcome="tombstone"} 1',
    );
    // An empty value is a record.
    await memory.put(Buffer.alloc(0), { isTombstone: false });
    expect(memory.dead).toHaveLength(1);
  });

  it('that can’t be read is a dead letter with the reason, and people are notified', async () => {
    const { memory, metrics, notices, starts } = consume('main');
    await memory.put(Buffer.alloc(0), { id: 'place/7', unreadable: 'It can’t be decompressed.' });
    expect(starts).toEqual([]);
    expect(memory.settled).toEqual(['place/7']);
    expect(memory.dead).toEqual([
      { id: 'place/7', reason: { reason: 'unreadable', detail: 'It can’t be decompressed.' } },
    ]);
    expect(notices).toEqual([{ queue: 'main', reason: 'unreadable' }]);
    const text = await metrics.registry.metrics();
    expect(text).toContain('sendproof_queue_records_total{queue="main",outcome="refused"} 1');
    expect(text).toContain(
      'sendproof_queue_dead_letters_total{queue="main",reason="unreadable"} 1',
    );
  });

  it('is kept where it is revoked before it has begun', async () => {
    const { memory, starts } = consume('main', () => {
      throw grpcError(GRPC_STATUS.UNAVAILABLE, 'away');
    });
    const put = memory.put(message(), { id: 'place/3' });
    await eventually(() => expect(memory.isPaused).toBe(true));
    memory.revoked.abort(new Error('revoked'));
    await put;
    expect([memory.kept, memory.settled, starts]).toEqual([['place/3'], [], []]);
  });
});

describe('an event in a queue', () => {
  it('becomes the message of its route, as over HTTP', async () => {
    const { memory, starts } = consume('events');
    await memory.put({ id: '1', title: 'Disk full', group: 'g' });
    await memory.put({ id: '2', title: 'Disk free', group: 'g' });
    expect(memory.dead).toEqual([]);
    expect(starts.map(({ workflowId }) => workflowId)).toEqual(['alerts:1', 'alerts:2']);
  });

  it.each([GRPC_STATUS.INTERNAL, GRPC_STATUS.UNKNOWN, GRPC_STATUS.DATA_LOSS])(
    'is tried again after the status %i of Temporal, and is a dead letter in the end',
    async (status) => {
      vi.useFakeTimers();
      try {
        let failures = 3;
        const { memory, starts } = consume('events', () => {
          failures -= 1;
          if (failures >= 0) throw grpcError(status, 'something went wrong');
        });
        const put = memory.put({ id: '1', title: 'Disk full' });
        await vi.advanceTimersByTimeAsync(60_000);
        await put;
        expect(starts.map(({ workflowId }) => workflowId)).toEqual(['alerts:1']);
        failures = Number.POSITIVE_INFINITY;
        const hopeless = memory.put({ id: '2', title: 'Disk full' });
        await vi.advanceTimersByTimeAsync(300_000);
        await hopeless;
        expect(memory.dead.map(({ reason }) => reason.reason)).toEqual(['internal_error']);
        expect(starts).toHaveLength(1);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  it('that Temporal calls invalid is shown to people at once', async () => {
    let isFirst = true;
    const { memory, starts } = consume('events', () => {
      if (!isFirst) return;
      isFirst = false;
      throw grpcError(GRPC_STATUS.INVALID_ARGUMENT, 'no such thing');
    });
    await memory.put({ id: '1', title: 'Disk full' });
    expect(starts.map(({ workflowId }) => workflowId)).toEqual(['alerts:1/unroutable']);
    expect(memory.dead).toEqual([]);
  });

  it('that can’t be understood is shown to people, and kept among the dead letters', async () => {
    const { memory, notices, starts } = consume('events');
    await memory.put('not JSON');
    expect(memory.dead.map(({ reason }) => reason.reason)).toEqual(['unusable']);
    expect(starts).toHaveLength(1);
    expect(JSON.stringify(inputOf(starts[0]))).toContain('Something from alerts has no place');
    expect(notices).toEqual([]);
    expect(memory.settled).toHaveLength(1);
  });

  it('that asks for what can’t be done holds up no other', async () => {
    const { consumed, memory, notices, starts } = consume('aws');
    const confirmation = { Type: 'SubscriptionConfirmation', SubscribeURL: 'http://127.0.0.1:1/' };
    await memory.put({ ...confirmation, MessageId: '1', TopicArn: 'arn:a' });
    expect(memory.dead.map(({ reason }) => reason)).toEqual([
      {
        reason: 'not_accepted',
        detail: expect.stringContaining('could not be confirmed') as string,
      },
    ]);
    expect(notices).toEqual([{ queue: 'aws', reason: 'not_accepted' }]);
    await memory.put({ Type: 'Notification', MessageId: '2', TopicArn: 'arn:a', Message: 'x' });
    expect(starts.map(({ workflowId }) => workflowId)).toEqual(['aws:2']);
    expect([consumed.fault(), memory.pauses]).toEqual([undefined, 0]);
  });
});
