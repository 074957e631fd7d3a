/** What is shown of Kafka in `test/prove/`, in the sizes that an integration has time for, and in `seldom/` as a whole. */
import { once as onceEmitted } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { LOOPBACK } from '../../src/lib/ports.js';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { slackChannel } from '../faults/deliveries.js';
import { startIngestProcess } from '../faults/productProcess.js';
import { startHarness, type Harness } from '../harness.js';
import type { KillableServer } from '../killableServer.js';
import { machineSlowness, type ProcessorShares } from '../processorTime.js';
import {
  countWorkflows,
  once,
  poisonAmong,
  proveKilled,
  record,
  temporalAway,
  timesPosted,
  until,
  withAccount,
  type Outage,
} from '../queueProofs.js';
import type { RefusingProxy } from '../refusingProxy.js';
import { runSendproof } from '../sendproofCommand.js';
import { StartDirectory } from '../startedProduct.js';
import type { KafkaBroker } from './broker.js';
import type { Topics } from './topics.js';

export const GROUP = 'proof';

/** What a proof needs, made by its file once. */
export interface Installation {
  broker: KafkaBroker;
  topics: Topics;
}

let proofs = 0;

/** Topics of its own, and a harness that consumes them. */
export async function startProof(
  { broker, topics }: Installation,
  options: { partitions: number; queue?: object } & Parameters<typeof startHarness>[0],
): Promise<{ harness: Harness; topic: string; deadLetterTopic: string }> {
  proofs += 1;
  const topic = `messages-${proofs}`;
  const deadLetterTopic = `${topic}.dlq`;
  await topics.create({ [topic]: options.partitions, [deadLetterTopic]: 1 });
  const harness = await startHarness({
    ...options,
    settings: {
      ...options.settings,
      queues: {
        main: { kafka: { brokers: [broker.address], topic, group: GROUP }, ...options.queue },
      },
    },
  });
  return { harness, topic, deadLetterTopic };
}

/** Kills the consumer three times, the broker once and Temporal once, while this many records are accepted and posted. */
export async function proveExactlyOnce(
  installation: Installation,
  temporal: KillableServer,
  { records, withinMs }: { records: number; withinMs: number },
): Promise<{ seconds: number }> {
  const { broker, topics } = installation;
  const { harness, topic } = await startProof(installation, {
    partitions: 4,
    temporalAddress: temporal.address(),
  });
  try {
    const numbers = Array.from({ length: records }, (_, number) => number);
    await topics.send(
      topic,
      numbers.map((number) => record(number)),
    );
    return await proveKilled(harness, {
      isDone: async () => (await topics.committed(GROUP, topic)) === records,
      numbers,
      outages: [brokerAway(broker), temporalAway(temporal)],
      start: () => startIngestProcess(harness),
      withinMs,
    });
  } finally {
    await harness.close();
  }
}

function brokerAway(broker: KafkaBroker): Outage {
  const run = async () => {
    await broker.kill();
    await pause(1_000);
    await broker.restart();
  };
  return { afterKillAt: 0.1, at: 0.2, run };
}

/**
 * A consumer ends by itself, and in time, when it is asked to: also while its group still waits for a member that was killed, while
 * the broker is gone, and while a broker takes connections and answers nothing.
 */
export async function proveStops(installation: Installation): Promise<void> {
  const { broker, topics } = installation;
  const { harness, topic } = await startProof(installation, { partitions: 2, workers: false });
  try {
    const killed = await startIngestProcess(harness);
    await killed.logged(JOINED);
    await killed.kill('SIGKILL');
    const waiting = await startIngestProcess(harness);
    expect(await waiting.kill('SIGTERM')).toBe(0);
    expect(waiting.log.some(({ msg }) => msg === JOINED)).toBe(false);

    const member = await startIngestProcess(harness);
    await topics.send(topic, [record(1)]);
    await until(async () => (await topics.committed(GROUP, topic)) === 1, 60_000);
    await broker.kill();
    expect(await member.kill('SIGTERM')).toBe(0);
    const alone = await startIngestProcess(harness);
    expect(await alone.kill('SIGTERM')).toBe(0);
    await broker.restart();
  } finally {
    await harness.close();
  }
  await proveStopsUnanswered(installation);
}

async function proveStopsUnanswered({ broker, topics }: Installation): Promise<void> {
  const silent = createServer().listen(0, LOOPBACK);
  await onceEmitted(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const { harness } = await startProof(
    { broker: { ...broker, address: `${LOOPBACK}:${port}` }, topics },
    { partitions: 1, workers: false },
  );
  try {
    const unanswered = await startIngestProcess(harness);
    expect(await unanswered.kill('SIGTERM')).toBe(0);
  } finally {
    silent.close();
    await harness.close();
  }
}

const JOINED = 'The Kafka consumer has joined its group';

/** Consumers come and go while records of conversations are accepted; each conversation's begin in their order. */
export async function proveOrderOverRebalances(
  installation: Installation,
  { conversations, each, withinMs }: { conversations: number; each: number; withinMs: number },
): Promise<void> {
  const { topics } = installation;
  const { harness, topic } = await startProof(installation, { partitions: 6, workers: false });
  try {
    const records = Array.from({ length: conversations * each }, (_, number) => {
      const conversation = { key: `conversation-${number % conversations}` };
      return { key: conversation.key, ...record(number, { conversation }) };
    });
    await topics.send(topic, records);
    const accepted = async () => await topics.committed(GROUP, topic);
    const first = await startIngestProcess(harness);
    await until(async () => (await accepted()) > records.length * 0.1, withinMs);
    const second = await startIngestProcess(harness);
    await until(async () => (await accepted()) > records.length * 0.3, withinMs);
    const third = await startIngestProcess(harness);
    await until(async () => (await accepted()) > records.length * 0.5, withinMs);
    expect(await first.kill('SIGTERM')).toBe(0);
    await until(async () => (await accepted()) > records.length * 0.7, withinMs);
    await second.kill('SIGKILL');
    await until(async () => (await accepted()) === records.length, withinMs);
    await third.kill('SIGTERM');
    await until(async () => (await countWorkflows(harness)) === records.length, 30_000);

    const startedAt = new Map<number, number>();
    for await (const { startTime, workflowId } of harness.client.workflow.list({
      query: "WorkflowType = 'deliverMessage'",
    })) {
      startedAt.set(Number(workflowId.split('-').at(-1)), startTime.getTime());
    }
    const overtaken = records.flatMap((_, number) => {
      const before = startedAt.get(number - conversations) ?? 0;
      return (startedAt.get(number) ?? -1) < before ? [number] : [];
    });
    expect(overtaken).toEqual([]);
  } finally {
    await harness.close();
  }
}

const POISON = [
  'not JSON',
  '"a text"',
  '{}',
  JSON.stringify({ destinations: ['slack:nobody/C0X'], content: { text: 'x' } }),
  JSON.stringify({ destinations: [slackChannel(1)], content: { text: 'x'.repeat(600_000) } }),
];

/** Every so many records one can't be accepted. The others are posted, and after a correction a replay accepts what it can. */
export async function provePoison(
  installation: Installation,
  {
    records,
    poison,
    withinMs,
    replay,
  }: {
    records: number;
    poison: number;
    withinMs: number;
    replay: (harness: Harness, count: number) => Promise<unknown>;
  },
): Promise<void> {
  const { topics } = installation;
  const { harness, topic, deadLetterTopic } = await startProof(installation, { partitions: 3 });
  try {
    const { cured, good, numbers, poisonAt } = poisonAmong(POISON, { records, poison });
    await topics.send(
      topic,
      numbers.map((number) => {
        const value = poisonAt(number);
        return value === undefined ? record(number) : { value, headers: { mine: `${number}` } };
      }),
    );
    const consumer = await startIngestProcess(harness);
    await until(async () => (await topics.committed(GROUP, topic)) === records, withinMs);
    await until(() => harness.sandbox.posts().length >= good.length, withinMs);
    expect(timesPosted(harness)).toEqual(once(good));

    const dead = await topics.read(deadLetterTopic);
    expect(dead).toHaveLength(poison);
    const texts = dead.map(({ headers = {}, value }) => ({
      reason: String(headers['sendproof-reason']),
      number: Number(String(headers.mine)),
      offset: String(headers['sendproof-offset']),
      topic: String(headers['sendproof-topic']),
      value: String(value),
    }));
    for (const { number, offset, topic: origin, value } of texts) {
      expect(value).toBe(poisonAt(number));
      expect(offset).toMatch(/^\d+$/);
      expect(origin).toBe(topic);
    }
    expect(new Set(texts.map(({ reason }) => reason))).toEqual(
      new Set(['malformed_json', 'invalid_request', 'body_too_large']),
    );

    expect(await consumer.kill('SIGTERM')).toBe(0);

    // What named an unknown account is accepted once there is one; the others are dead letters again.
    const corrected = await startIngestProcess(harness, {
      SENDPROOF_CONFIG: await withAccount(harness, 'nobody'),
    });
    await replay(harness, poison);
    await until(
      async () => (await topics.length(deadLetterTopic)) === 2 * poison - cured,
      withinMs,
    );
    await until(async () => (await countWorkflows(harness)) === good.length + cured, withinMs);
    expect(await corrected.kill('SIGTERM')).toBe(0);
  } finally {
    await harness.close();
  }
}

/** Lists this many dead letters, and replays them, as a person does. */
export async function replayByCommand(
  { configurationFile }: Harness,
  count: number,
): Promise<void> {
  const environment = { SENDPROOF_CONFIG: configurationFile };
  const command = async (...args: string[]) => {
    const { stdout } = await runSendproof(['ingest', 'dead-letters', ...args, '--json'], {
      environment,
    });
    return JSON.parse(stdout) as { deadLetters?: { detail: string }[] };
  };
  const { deadLetters = [] } = await command('list', '--all');
  expect(deadLetters).toHaveLength(count);
  expect(deadLetters.map(({ detail }) => detail).join()).toContain('slack:nobody');
  expect(await command('replay', '--dry-run')).toMatchObject({ replayed: 0 });
  expect(await command('replay', '--yes')).toMatchObject({ replayed: count });
}

/** In seconds. The kernel counts processor time in hundredths of a second. */
const WINDOW_S = 3;

/** Temporal is away while records keep coming. Nothing is committed, the consumer idles, and then all are accepted. */
export async function proveAbsence(
  installation: Installation,
  proxy: RefusingProxy,
  { seconds, perSecond, withinMs }: { seconds: number; perSecond: number; withinMs: number },
): Promise<{ processor: ProcessorShares; drainSeconds: number }> {
  const { topics } = installation;
  const { harness, topic } = await startProof(installation, {
    partitions: 4,
    temporalAddress: proxy.address,
    workers: false,
  });
  try {
    const consumer = await startIngestProcess(harness);
    await topics.send(topic, [record(0)]);
    await until(async () => (await topics.committed(GROUP, topic)) === 1, withinMs);

    proxy.refuse(/WorkflowService/, GRPC_STATUS.UNAVAILABLE, 'away');
    let next = 1;
    const send = async () => {
      const batch = Array.from({ length: perSecond }, (_, index) => record(next + index));
      next += perSecond;
      await topics.send(topic, batch);
    };
    await send();
    await consumer.logged('Temporal accepts nothing: the queue waits');
    const processor: ProcessorShares = { measured: [], corrected: [] };
    for (let second = 1; second < seconds; second += WINDOW_S) {
      const before = { cpu: consumer.cpuSeconds(), at: performance.now() };
      for (let sent = 0; sent < WINDOW_S; sent += 1) await Promise.all([send(), pause(1_000)]);
      const elapsed = (performance.now() - before.at) / 1_000;
      const share = (consumer.cpuSeconds() - before.cpu) / elapsed;
      processor.measured.push(share);
      processor.corrected.push(share / machineSlowness());
    }
    expect(await topics.committed(GROUP, topic)).toBe(1);

    proxy.allow();
    const drainedFrom = performance.now();
    await until(async () => (await topics.committed(GROUP, topic)) === next, withinMs);
    const drainSeconds = (performance.now() - drainedFrom) / 1_000;
    await until(async () => (await countWorkflows(harness)) === next, 30_000);
    expect(await consumer.kill('SIGTERM')).toBe(0);
    return { processor, drainSeconds };
  } finally {
    await harness.close();
  }
}

/** A broker writes what it is sent with the compression of the topic, by the libraries of Java's producers. */
export async function proveCompression(
  { broker, topics }: Installation,
  withinMs: number,
): Promise<void> {
  const kinds = ['gzip', 'snappy', 'lz4', 'zstd'];
  for (const kind of kinds) {
    await topics.create({ [kind]: 1, [`${kind}.dlq`]: 1 }, { 'compression.type': kind });
  }
  const queues = Object.fromEntries(
    kinds.map((kind) => [kind, { kafka: { brokers: [broker.address], topic: kind } }]),
  );
  const harness = await startHarness({ workers: false, settings: { queues } });
  try {
    const each = 200;
    for (const [index, kind] of kinds.entries()) {
      const numbers = Array.from({ length: each }, (_, number) => index * each + number);
      await topics.send(
        kind,
        numbers.map((number) => record(number, { correlation: { reference: '😀'.repeat(50) } })),
      );
    }
    const consumer = await startIngestProcess(harness);
    for (const kind of kinds) {
      await until(
        async () => (await topics.committed(`sendproof.${kind}`, kind)) === each,
        withinMs,
      );
      expect(await topics.length(`${kind}.dlq`)).toBe(0);
    }
    expect(await consumer.kill('SIGTERM')).toBe(0);
  } finally {
    await harness.close();
  }
}

/** A batch that can't be decompressed, since it has more than is read, is passed over: its records are dead letters with their offsets. */
export async function proveUnreadable(
  { broker, topics }: Installation,
  withinMs: number,
): Promise<void> {
  const topic = 'unreadable';
  await topics.create({ [topic]: 1, [`${topic}.dlq`]: 1 });
  const kafka = { brokers: [broker.address], topic, group: GROUP };
  const harness = await startHarness({
    workers: false,
    settings: { queues: { main: { kafka } } },
  });
  try {
    await topics.send(topic, [record(0)]);
    // 300 KB for the broker, which decompresses it in parts.
    const half = Buffer.alloc(40 * 1024 * 1024, ' ');
    await topics.sendCompressed(topic, [{ value: half }, { value: half }]);
    await topics.send(topic, [record(1)]);
    const consumer = await startIngestProcess(harness);
    await until(async () => (await topics.committed(GROUP, topic)) === 4, withinMs);
    await until(async () => (await countWorkflows(harness)) === 2, withinMs);
    const dead = await topics.read(`${topic}.dlq`);
    const headers = ['sendproof-reason', 'sendproof-offset'];
    const found = dead.map((each) => headers.map((name) => String(each.headers?.[name])));
    expect(found.toSorted()).toEqual([
      ['unreadable', '1'],
      ['unreadable', '2'],
    ]);
    expect(String(dead[0]?.headers?.['sendproof-detail'])).toBe(
      'The batch of the offsets 1 to 2 can’t be decompressed: it has more than 67108864 bytes',
    );
    expect(await consumer.kill('SIGTERM')).toBe(0);
  } finally {
    await harness.close();
  }
}

/** `npm start` with a queue: a record is posted in the sandbox, the trace goes on, and probes and metrics have the queue. */
export async function proveStart({ broker, topics }: Installation): Promise<void> {
  await topics.create({ started: 2, 'started.dlq': 1 });
  const directory = await StartDirectory.create(
    JSON.stringify({
      queues: { main: { kafka: { brokers: [broker.address], topic: 'started', group: GROUP } } },
    }),
  );
  try {
    const product = await directory.start();
    const api = product.address('API');
    const traceId = 'a'.repeat(32);
    const headers = { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` };
    const message = {
      deduplicationKey: 'record-1',
      destinations: ['slack:default/C0123ABC'],
      content: { text: 'from Kafka' },
    };
    await topics.send('started', [{ value: JSON.stringify(message), headers }]);
    const get = async (path: string) => await (await fetch(`${api}${path}`)).text();
    await until(
      async () => (await get('/v1/messages/record-1')).includes('"status":"confirmed"'),
      60_000,
    );
    expect(JSON.parse(await get('/v1/messages/record-1'))).toMatchObject({ traceId });
    await until(async () => (await get('/readyz')).includes('"lag":0'), 30_000);
    expect(JSON.parse(await get('/readyz'))).toMatchObject({
      status: 'ready',
      warnings: [],
      queues: [{ name: 'main', consumed: true, lag: 0 }],
    });
    const samples = [
      'sendproof_queue_records_total{queue="main",outcome="accepted"} 1',
      'sendproof_queue_lag_records{queue="main",partition="0"} 0',
      'sendproof_queue_consumed{queue="main"} 1',
    ];
    await until(async () => {
      const metrics = (await get('/metrics')).split('\n');
      return samples.every((sample) => metrics.includes(sample));
    }, 30_000);
    product.signal('SIGTERM');
    expect(await product.exitCode).toBe(0);
  } finally {
    await directory.remove();
  }
}
