/**
 * Dead letters in numbers: very many of them, and a burst. Shown in `test/prove/`, in the sizes that an integration has time for, and in
 * `seldom/` as a whole.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { busiest } from '../bench/calls.js';
import { visibilityQuery, type MessagePage } from '../src/store/search/messageSearch.js';
import { deadLetterQueueId, deliveryTaskQueue } from '../src/contract/names.js';
import { accountId } from '../src/domain/account.js';
import { cacheSizeFor } from '../src/worker/workflowCache.js';
import { setQueueLimits } from '../src/temporal/queueLimits.js';
import { deadLetterCountsQuery } from '../src/contract/signals.js';
import { startWorkerProcess } from './faults/productProcess.js';
import {
  OPS,
  startHarness,
  type Harness,
  type Decision,
  type Progress,
  type Summary,
} from './harness.js';
import type { Destination } from '../src/domain/destination.js';
import { eventually } from './eventually.js';

const DESTINATIONS = Array.from(
  { length: 20 },
  (_, index): Destination => `slack:default/CPROVE${index}`,
);
/** Those of every fifth destination are parked for another reason, and retried. */
const RETRIED = DESTINATIONS.filter((_, index) => index % 5 === 0);
/** In messages per second: about half of what two cores can retry, and the destinations together may do more than the account. */
const LIMITS = { perDestination: 2, perAccount: 4 };
const BATCH = 100;
const MIB = 2 ** 20;
/**
 * From Node.js 24 on, a worker keeps to the memory of its container: it gets the heap that V8 allows in a gigabyte, and keeps as
 * many workflows ready as it would there. Before, the memory grows with the square of their number.
 */
const GIGABYTE_MIB = 1_024;
const HEAP_MIB = GIGABYTE_MIB / 2;
const IN_A_GIGABYTE: NodeJS.ProcessEnv = {
  SENDPROOF_CACHED_WORKFLOWS: String(
    cacheSizeFor(
      {
        containerMemory: GIGABYTE_MIB * MIB,
        machineMemory: GIGABYTE_MIB * MIB,
        heap: HEAP_MIB * MIB,
      },
      24,
    ),
  ),
  NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB} --max-semi-space-size=8`,
};
const IS_NODE_24 = Number.parseInt(process.versions.node) >= 24;
/** Temporal's own limit on a history's events. */
const EVENT_LIMIT = 51_200;

export interface DeadLetterSizes {
  /** Over all destinations. */
  messages: number;
  /** On one destination: so many within the time until its digest. */
  burst: { messages: number; digestAfterSeconds: number };
}

let harness: Harness;

/** As a sender does: what was answered with 503 is sent again, with the same key. */
async function sendAll(all: { deduplicationKey: string; destination: string }[]): Promise<void> {
  let left = all;
  while (left.length > 0) {
    const batch = left.slice(0, BATCH);
    const { body } = await harness.request<{ results: { status: number }[] }>(
      'POST',
      '/v1/messages/batch',
      {
        messages: batch.map(({ deduplicationKey, destination }) => ({
          deduplicationKey,
          destinations: [destination],
          content: { text: deduplicationKey },
        })),
      },
    );
    const refused = batch.filter((_, index) => body.results[index]?.status === 503);
    expect(body.results.every(({ status }) => [200, 202, 503].includes(status))).toBe(true);
    left = [...left.slice(BATCH), ...refused];
  }
}

/** Waits by Temporal's own count, which costs it nothing: reading all of them again and again would slow what is waited for. */
async function waitForDeadLetters(expected: number, timeout: number): Promise<Summary> {
  await vi.waitFor(
    async () => {
      const query = visibilityQuery({ status: 'dead_lettered' });
      expect((await harness.client.workflow.count(query)).count).toBe(expected);
    },
    { timeout, interval: 1_000 },
  );
  const { body } = await harness.request<Summary>('GET', '/v1/dead-letters/summary');
  expect(body.deadLetters).toBe(expected);
  return body;
}

async function listAll(): Promise<MessagePage['messages']> {
  const all: MessagePage['messages'] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: '700', ...(cursor !== undefined && { cursor }) });
    const { body } = await harness.request<MessagePage>(
      'GET',
      `/v1/dead-letters?${query.toString()}`,
    );
    all.push(...body.messages);
    cursor = body.cursor;
  } while (cursor !== undefined);
  return all;
}

const WINDOW_S = 10;

const queueOf = (destination: Destination) =>
  harness.client.workflow.getHandle(deadLetterQueueId(destination));

export function proveDeadLetters({ burst, messages }: DeadLetterSizes): void {
  afterEach(() => harness.close());

  describe(`${messages} dead letters over ${DESTINATIONS.length} destinations`, () => {
    it('are all listed, counted and told to their queues; a retry by filter posts each once', async () => {
      harness = await startHarness({ workers: false });
      // A process of its own has a processor of its own.
      const worker = await startWorkerProcess(harness, IS_NODE_24 ? IN_A_GIGABYTE : {});
      for (const destination of DESTINATIONS) {
        harness.sandbox.addFault({
          kind: 'slack_error',
          platform: 'slack',
          path: destination.split('/')[1] ?? '',
          error: RETRIED.includes(destination) ? 'not_in_channel' : 'channel_not_found',
        });
      }
      const began = Date.now();
      await sendAll(
        Array.from({ length: messages }, (_, index) => ({
          deduplicationKey: `dead-${index}`,
          destination: DESTINATIONS[index % DESTINATIONS.length] ?? OPS,
        })),
      );
      // Some 15 a second on two cores, most of which goes into the server.
      const counted = await waitForDeadLetters(messages, 900_000);
      const parkedInS = (Date.now() - began) / 1_000;
      const memoryMib = worker.residentMemoryMib();
      if (IS_NODE_24) expect(memoryMib).toBeLessThan(GIGABYTE_MIB);

      const perDestination = messages / DESTINATIONS.length;
      const listed = await listAll();
      expect(new Set(listed.map(({ deduplicationKey }) => deduplicationKey)).size).toBe(messages);
      expect(listed).toHaveLength(messages);
      for (const { destination, count, reasons } of counted.destinations) {
        const there = listed.filter(({ destinations }) => destinations.includes(destination));
        expect(count).toBe(there.length);
        expect(count).toBe(perDestination);
        expect(reasons).toHaveLength(1);
      }
      for (const destination of DESTINATIONS) {
        await vi.waitFor(
          async () => {
            const counts = await queueOf(destination).query(deadLetterCountsQuery);
            expect(counts).toMatchObject({ open: perDestination, total: perDestination });
          },
          { timeout: 30_000 },
        );
        expect((await queueOf(destination).describe()).historyLength).toBeLessThan(EVENT_LIMIT / 2);
      }

      harness.sandbox.clearFaults();
      await setQueueLimits(
        harness.client,
        deliveryTaskQueue(accountId({ platform: 'slack', account: 'default' })),
        { perQueue: LIMITS.perAccount, perFairnessKey: LIMITS.perDestination },
        'the pace of the proof',
      );
      const meant = perDestination * RETRIED.length;
      const retryBegan = Date.now();
      const { status, body } = await harness.request<Decision>('POST', '/v1/dead-letters/retry', {
        filter: { reason: 'not_authorised' },
        by: 'ana',
        reason: 'invited the app',
      });
      expect({ status, deadLetters: body.deadLetters }).toEqual({
        status: 202,
        deadLetters: meant,
      });
      await vi.waitFor(
        async () => {
          const progress = await harness.request<Progress>('GET', body.links.self);
          expect(progress.body).toMatchObject({ done: true, decided: meant });
        },
        { timeout: 600_000, interval: 1_000 },
      );
      await waitForDeadLetters(messages - meant, 600_000);
      const posts = await harness.sandbox.waitForPosts(meant, {}, 600_000);
      const retriedInS = (Date.now() - retryBegan) / 1_000;
      expect(new Set(posts.map(({ text }) => text)).size).toBe(meant);
      expect(posts).toHaveLength(meant);
      // The account's pace. Over some seconds: how long a call takes on a busy machine blurs a single one.
      const times = posts.map(({ postedAt }) => postedAt);
      expect(busiest(times, WINDOW_S * 1_000)).toBeLessThanOrEqual(
        1.5 * LIMITS.perAccount * WINDOW_S,
      );
      expect(retriedInS).toBeGreaterThanOrEqual((0.95 * meant) / LIMITS.perAccount);
      for (const destination of RETRIED) {
        await eventually(async () => {
          const counts = await queueOf(destination).query(deadLetterCountsQuery);
          expect(counts).toMatchObject({ open: 0, total: perDestination });
        });
      }
      process.stderr.write(
        `${messages} parked in ${parkedInS} s; ${meant} retried and posted in ${retriedInS} s; the worker held ${Math.round(memoryMib)} MiB\n`,
      );
    }, 1_800_000);
  });

  describe(`${burst.messages} dead letters on one destination within ${burst.digestAfterSeconds} s`, () => {
    it('are one digest, with counts and reasons', async () => {
      const operators: Destination = 'slack:default/C0RANDOM1';
      harness = await startHarness({
        settings: {
          operators: { destinations: [operators], digestAfter: `${burst.digestAfterSeconds}s` },
        },
      });
      const began = Date.now();
      for (const [index, error] of ['not_in_channel', 'is_archived'].entries()) {
        const fault = harness.sandbox.addFault({
          ...{ kind: 'slack_error', platform: 'slack', path: 'C0123ABC' },
          error,
        });
        await sendAll(
          Array.from({ length: burst.messages / 2 }, (_, each) => ({
            deduplicationKey: `burst-${index}-${each}`,
            destination: OPS,
          })),
        );
        await waitForDeadLetters((burst.messages / 2) * (index + 1), 60_000);
        harness.sandbox.removeFault(fault);
      }
      // Otherwise the digest doesn't have all of them, and nothing is shown: a slower machine needs a longer time.
      const tookS = (Date.now() - began) / 1_000;
      process.stderr.write(`${burst.messages} parked on one destination in ${tookS} s\n`);
      expect(tookS).toBeLessThan(burst.digestAfterSeconds - 5);
      const channel = { platform: 'slack', path: 'C0RANDOM1' } as const;
      const [digest] = await harness.sandbox.waitForPosts(1, channel, 120_000);
      expect(digest?.text).toContain(`${burst.messages} dead letters`);
      const half = burst.messages / 2;
      expect(digest?.text).toMatch(new RegExp(`${half} × .*not_authorised`));
      expect(digest?.text).toMatch(new RegExp(`${half} × .*destination_not_found`));
      expect(harness.sandbox.posts(channel)).toHaveLength(1);
      // And no further one is planned: the next thing that the queue waits for is the reminder, in a day.
      const { events } = await queueOf(OPS).fetchHistory();
      const told = events?.filter(
        (event) =>
          event.activityTaskScheduledEventAttributes?.activityType?.name === 'tellOperators',
      );
      expect(told).toHaveLength(1);
    });
  });
}
