/** What ten thousand open conversations cost a worker, and the acceptance of messages: beside a product that has none. */
import { temporal } from '@temporalio/proto';
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { conversationId } from '../../../src/acceptance/conversationPlan.js';
import type { ConversationState } from '../../../src/contract/conversation.js';
import { CONVERSATION_TASK_QUEUE } from '../../../src/contract/names.js';
import type { Workflows } from '../../../src/contract/workflows.js';
import type { Destination } from '../../../src/domain/destination.js';
import { slackChannel } from '../../faults/deliveries.js';
import { startWorkerProcess, type ProductProcess } from '../../faults/productProcess.js';
import { startHarness, type Harness } from '../../harness.js';
import { startOwnServer } from '../../ownServer.js';

const { TaskQueueType } = temporal.api.enums.v1;

const OPEN = Number(process.env.OPEN_CONVERSATIONS ?? 10_000);
/** The first is not counted. */
const ROUNDS = 21;
const MESSAGES_PER_ROUND = 100;

const WEEK_MS = 7 * 86_400_000;
const UNTIL_FORGOTTEN_MS = 1;

/** Enough for a worker to have done what leaves garbage in its memory. */
const FORGOTTEN = Math.min(OPEN, 1_000);
const STARTED_AT_ONCE = 30;
const STARTING_MS = 20 * 60_000;

/** A whole product with a server of its own, so that nothing of one is felt by the other but the machine's load. */
interface Product {
  harness: Harness;
  worker: ProductProcess;
  figures: { memoryMib: number[]; acceptedPerSecond: number[]; postedAfterMs: number[] };
}

const closing: (() => Promise<unknown>)[] = [];

async function startProduct(): Promise<Product> {
  const server = await startOwnServer();
  closing.unshift(() => server.stop());
  const harness = await startHarness({ temporalAddress: server.address, workers: false });
  closing.unshift(() => harness.close());
  const worker = await startWorkerProcess(harness);
  return { harness, worker, figures: { memoryMib: [], acceptedPerSecond: [], postedAfterMs: [] } };
}

let withNone: Product;
let withMany: Product;
beforeAll(async () => {
  [withNone, withMany] = [await startProduct(), await startProduct()];
}, 180_000);
afterAll(async () => {
  for (const close of closing) await close();
}, 60_000);

/** With a root post each, as they are when a run of theirs continues: 10,000 claims and reports would take most of an hour. */
async function converse({ harness }: Product, count: number, forgetAfterMs: number): Promise<void> {
  await pLimit(STARTED_AT_ONCE).map(Array.from({ length: count }), async (_, index) => {
    const message = `message-${index}`;
    const deliveryId = `${message}.0`;
    const at = new Date().toISOString();
    const receipt = { messageId: `1764100000.${String(index).padStart(6, '0')}` };
    const carried: ConversationState = {
      root: { deliveryId, message, receipt },
      shown: { deliveryId, message, place: { at, rank: 0, acceptedAt: at } },
      waiting: [],
      done: [{ deliveryId, receipt }],
      touchedAt: Date.now(),
      forgetAfterMs,
    };
    await harness.client.workflow.start<Workflows['conversation']>('conversation', {
      workflowId: conversationId(slackChannel(index) as Destination, `alert-${index}`),
      taskQueue: CONVERSATION_TASK_QUEUE,
      args: [{ carried }],
    });
  });
}

/** Those that no worker has begun yet are open too. */
async function untilAllRan({ harness }: Product): Promise<void> {
  await vi.waitFor(
    async () => {
      const { stats } = await harness.client.workflowService.describeTaskQueue({
        namespace: harness.namespace,
        taskQueue: { name: CONVERSATION_TASK_QUEUE },
        taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        reportStats: true,
      });
      expect(Number(stats?.approximateBacklogCount ?? -1)).toBe(0);
    },
    { timeout: STARTING_MS, interval: 1_000 },
  );
}

async function openConversations({ harness }: Product): Promise<number> {
  const query = 'WorkflowType = "conversation" AND ExecutionStatus = "Running"';
  return (await harness.client.workflow.count(query)).count;
}

async function measure({ figures, harness, worker }: Product, round: number): Promise<void> {
  const limit = pLimit(20);
  const begun = performance.now();
  const sent = await Promise.all(
    Array.from({ length: MESSAGES_PER_ROUND }, (_, index) =>
      limit(async () => {
        const deduplicationKey = `${round}-${index}`;
        const at = Date.now();
        const { status } = await harness.send({
          deduplicationKey,
          destinations: [slackChannel(index)],
          content: { text: deduplicationKey },
        });
        expect(status).toBe(202);
        return { deduplicationKey, at };
      }),
    ),
  );
  figures.acceptedPerSecond.push((MESSAGES_PER_ROUND * 1_000) / (performance.now() - begun));
  for (const { deduplicationKey } of sent) {
    await harness.waitForStatus(deduplicationKey, 'confirmed', 60_000);
  }
  figures.memoryMib.push(worker.residentMemoryMib());
  const postedAt = new Map(harness.sandbox.posts().map((post) => [post.text, post.postedAt]));
  figures.postedAfterMs.push(
    median(sent.map(({ deduplicationKey, at }) => (postedAt.get(deduplicationKey) ?? NaN) - at)),
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}

it(`are ${OPEN} open conversations, and cost neither memory nor acceptance`, async () => {
  const begun = performance.now();
  await converse(withNone, FORGOTTEN, UNTIL_FORGOTTEN_MS);
  await converse(withMany, OPEN, WEEK_MS);
  for (const product of [withNone, withMany]) await untilAllRan(product);
  const openedPerSecond = ((OPEN + FORGOTTEN) * 1_000) / (performance.now() - begun);
  for (let round = 0; round < ROUNDS; round += 1) {
    const products = round % 2 === 0 ? [withNone, withMany] : [withMany, withNone];
    for (const product of products) await measure(product, round);
    if (round > 0) continue;
    for (const { figures } of products) for (const each of Object.values(figures)) each.length = 0;
  }
  await vi.waitFor(
    async () => {
      expect(await openConversations(withMany)).toBe(OPEN);
      expect(await openConversations(withNone)).toBe(0);
    },
    { timeout: 60_000, interval: 1_000 },
  );

  // Of two rounds, one after the other: the load of the machine changes more from minute to minute.
  const ratios = (['memoryMib', 'acceptedPerSecond', 'postedAfterMs'] as const).map((figure) => {
    const [none, many] = [withNone.figures[figure], withMany.figures[figure]];
    const ratio = median(many.map((each, round) => each / (none[round] ?? NaN)));
    return { figure, none: Math.round(median(none)), many: Math.round(median(many)), ratio };
  });
  console.info(`${OPEN} opened, ${openedPerSecond.toFixed(0)} a second: ${JSON.stringify(ratios)}`);
  const [memory, acceptance] = ratios;
  expect(memory?.ratio).toBeLessThanOrEqual(1.1);
  expect(acceptance?.ratio).toBeGreaterThanOrEqual(0.9);
}, 2_400_000);
