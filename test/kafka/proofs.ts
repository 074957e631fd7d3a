/** What is shown of Kafka in `test/prove/`, in the sizes that an integration has time for, and in `seldom/` as a whole. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { slackChannel } from '../faults/deliveries.js';
import { startIngestProcess, type ProductProcess } from '../faults/productProcess.js';
import { startHarness, type Harness } from '../harness.js';
import type { KillableServer } from '../killableServer.js';
import type { RefusingProxy } from '../refusingProxy.js';
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

/** Spread over this many channels, whose posts don't wait for each other. */
const CHANNELS = 20;

export function record(number: number, more: object = {}): { value: string } {
  const message = {
    deduplicationKey: keyOf(number),
    destinations: [slackChannel(number % CHANNELS)],
    content: { text: keyOf(number) },
    ...more,
  };
  return { value: JSON.stringify(message) };
}

function keyOf(number: number): string {
  return `record-${number}`;
}

/** How often each key was posted; equal to `once(count)` where each of so many was, and nothing else. */
export function timesPosted({ sandbox }: Harness): Record<string, number> {
  const times: Record<string, number> = {};
  for (const { content } of sandbox.posts()) {
    const key = /record-\d+/.exec(JSON.stringify(content))?.[0] ?? 'something else';
    times[key] = (times[key] ?? 0) + 1;
  }
  return times;
}

export function once(numbers: readonly number[]): Record<string, number> {
  return Object.fromEntries(numbers.map((number) => [keyOf(number), 1]));
}

/** The workflows of messages, as Temporal counts them. */
export async function countWorkflows({ client }: Harness): Promise<number> {
  return (await client.workflow.count("WorkflowType = 'deliverMessage'")).count;
}

export async function until(
  isReached: () => boolean | Promise<boolean>,
  withinMs: number,
): Promise<void> {
  await vi.waitFor(async () => expect(await isReached()).toBe(true), {
    timeout: withinMs,
    interval: 100,
  });
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
    const startedAt = performance.now();
    const posted = () => harness.sandbox.posts().length;
    const share = (part: number) => until(() => posted() >= records * part, withinMs);
    let consumer: ProductProcess = await startIngestProcess(harness);
    for (const part of [0.1, 0.3, 0.6]) {
      await share(part);
      await consumer.kill('SIGKILL');
      consumer = await startIngestProcess(harness);
      if (part === 0.1) {
        await share(0.2);
        await broker.kill();
        await pause(1_000);
        await broker.restart();
      }
      if (part === 0.3) {
        await share(0.45);
        await temporal.kill();
        await pause(2_000);
        await temporal.start();
      }
    }
    await until(() => posted() >= records, withinMs);
    const seconds = (performance.now() - startedAt) / 1_000;
    await until(async () => (await topics.committed(GROUP, topic)) === records, 60_000);
    expect(timesPosted(harness)).toEqual(once(numbers));
    await until(async () => (await countWorkflows(harness)) === records, 30_000);
    expect(await consumer.kill('SIGTERM')).toBe(0);
    return { seconds };
  } finally {
    await harness.close();
  }
}

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
    replay: (harness: Harness) => Promise<unknown>;
  },
): Promise<void> {
  const { topics } = installation;
  const { harness, topic, deadLetterTopic } = await startProof(installation, { partitions: 3 });
  try {
    const every = records / poison;
    const isPoison = (number: number) => number % every === 0;
    const numbers = Array.from({ length: records }, (_, number) => number);
    await topics.send(
      topic,
      numbers.map((number) =>
        isPoison(number)
          ? {
              value: POISON[(number / every) % POISON.length] ?? '',
              headers: { mine: `${number}` },
            }
          : record(number),
      ),
    );
    const consumer = await startIngestProcess(harness);
    await until(async () => (await topics.committed(GROUP, topic)) === records, withinMs);
    const good = numbers.filter((number) => !isPoison(number));
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
      expect(value).toBe(POISON[(number / every) % POISON.length]);
      expect(offset).toMatch(/^\d+$/);
      expect(origin).toBe(topic);
    }
    expect(new Set(texts.map(({ reason }) => reason))).toEqual(
      new Set(['malformed_json', 'invalid_request', 'body_too_large']),
    );

    await replay(harness);
    // Nothing was corrected: they are dead letters again.
    await until(async () => (await topics.length(deadLetterTopic)) === 2 * poison, withinMs);
    expect(await consumer.kill('SIGTERM')).toBe(0);
  } finally {
    await harness.close();
  }
}

/** Temporal is away while records keep coming. Nothing is committed, the consumer idles, and then all are accepted. */
export async function proveAbsence(
  installation: Installation,
  proxy: RefusingProxy,
  { seconds, perSecond, withinMs }: { seconds: number; perSecond: number; withinMs: number },
): Promise<{ cpuShare: number; drainSeconds: number }> {
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
    const before = { cpu: consumer.cpuSeconds(), at: performance.now() };
    for (let second = 1; second < seconds; second += 1) {
      await Promise.all([send(), pause(1_000)]);
    }
    const elapsed = (performance.now() - before.at) / 1_000;
    const cpuShare = (consumer.cpuSeconds() - before.cpu) / elapsed;
    expect(await topics.committed(GROUP, topic)).toBe(1);

    proxy.allow();
    const drainedFrom = performance.now();
    await until(async () => (await topics.committed(GROUP, topic)) === next, withinMs);
    const drainSeconds = (performance.now() - drainedFrom) / 1_000;
    await until(async () => (await countWorkflows(harness)) === next, 30_000);
    expect(await consumer.kill('SIGTERM')).toBe(0);
    return { cpuShare, drainSeconds };
  } finally {
    await harness.close();
  }
}
