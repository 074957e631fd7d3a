/** What is shown of every kind of queue: records, what was posted of them, and consumers that are killed. */
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { slackChannel } from './faults/deliveries.js';
import type { ProductProcess } from './faults/productProcess.js';
import type { Harness } from './harness.js';
import type { KillableServer } from './killableServer.js';

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

/** Something that goes away for a moment while records are accepted. */
export interface Outage {
  /** Both are shares of the records that are posted: after which kill of the consumer, and when. */
  afterKillAt: number;
  at: number;
  run: () => Promise<void>;
}

export function temporalAway(temporal: KillableServer): Outage {
  const run = async () => {
    await temporal.kill();
    await pause(2_000);
    await temporal.start();
  };
  return { afterKillAt: 0.3, at: 0.45, run };
}

/** Kills the consumer three times while these records are accepted, beside other outages. Each is posted once. */
export async function proveKilled(
  harness: Harness,
  {
    isDone,
    numbers,
    outages,
    start,
    withinMs,
  }: {
    /** Whether the queue has nothing left of them. */
    isDone: () => Promise<boolean>;
    numbers: readonly number[];
    outages: readonly Outage[];
    start: () => Promise<ProductProcess>;
    withinMs: number;
  },
): Promise<{ seconds: number }> {
  const startedAt = performance.now();
  const records = numbers.length;
  const posted = () => harness.sandbox.posts().length;
  const share = (part: number) => until(() => posted() >= records * part, withinMs);
  let consumer = await start();
  for (const part of [0.1, 0.3, 0.6]) {
    await share(part);
    await consumer.kill('SIGKILL');
    consumer = await start();
    for (const { at, run } of outages.filter(({ afterKillAt }) => afterKillAt === part)) {
      await share(at);
      await run();
    }
  }
  await share(1);
  const seconds = (performance.now() - startedAt) / 1_000;
  await until(isDone, 60_000);
  expect(timesPosted(harness)).toEqual(once(numbers));
  await until(async () => (await countWorkflows(harness)) === records, 30_000);
  const exitCode = await consumer.kill('SIGTERM');
  expect(exitCode, `its last lines: ${JSON.stringify(consumer.log.slice(-5))}`).toBe(0);
  return { seconds };
}

/** So many records, of which some can't be accepted: each kind in turn. */
export function poisonAmong(
  kinds: readonly string[],
  { poison, records }: { poison: number; records: number },
) {
  const every = records / poison;
  const numbers = Array.from({ length: records }, (_, number) => number);
  const poisonAt = (number: number): string | undefined =>
    number % every === 0 ? kinds[(number / every) % kinds.length] : undefined;
  return {
    numbers,
    /** What is at this place instead of a record. */
    poisonAt,
    good: numbers.filter((number) => poisonAt(number) === undefined),
    /** How many are accepted once the account has been added that they name. */
    cured: numbers.filter((number) => poisonAt(number)?.includes('slack:nobody')).length,
  };
}

/** The harness's configuration with one more Slack account, in a file beside it. */
export async function withAccount({ configurationFile }: Harness, name: string): Promise<string> {
  const content = JSON.parse(await readFile(configurationFile, 'utf8')) as {
    accounts: { slack: Record<string, unknown> };
  };
  const { slack } = content.accounts;
  slack[name] = slack.default;
  const file = `${configurationFile}.corrected`;
  await writeFile(file, JSON.stringify(content));
  return file;
}
