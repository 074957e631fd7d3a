/** Conversations under kills, faults, duplicates and disorder; and what they cost. */
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import pLimit from 'p-limit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { conversationId } from '../../src/acceptance/conversationPlan.js';
import type { Destination } from '../../src/domain/destination.js';
import type { ConversationMode } from '../../src/domain/message.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { conversationsBy } from '../../src/worker/conversations.js';
import { hasEnded, sendUntilTaken, startForConversations } from '../faults/conversations.js';
import { slackChannel } from '../faults/deliveries.js';
import { startWorkerProcess, type ProductProcess } from '../faults/productProcess.js';
import type { Harness, MessageState } from '../harness.js';

const START = Date.parse('2026-11-23T12:00:00Z');

let harness: Harness;
beforeEach(async () => {
  harness = await startForConversations();
}, 60_000);
afterEach(() => harness.close(), 60_000);

interface Said {
  key: string;
  mode: ConversationMode;
  /** Its place: a number for each minute. */
  minute: number;
}

const CONVERSATIONS = 300;

const plannedConversation = fc.record({
  messages: fc.uniqueArray(
    fc.record({
      mode: fc.constantFrom<ConversationMode>('update', 'update', 'reply', 'both'),
      minute: fc.integer({ min: 0, max: 9 }),
    }),
    { minLength: 2, maxLength: 3, selector: ({ minute }) => minute },
  ),
  sendings: fc.integer({ min: 1, max: 2 }),
  fault: fc.option(
    fc.oneof(
      fc.constant({ kind: 'rate_limited' as const, retryAfter: '1' }),
      fc.record({
        kind: fc.constantFrom('timeout' as const, 'reset' as const),
        when: fc.constantFrom('before' as const, 'after' as const),
      }),
      fc.constant({ kind: 'http_error' as const, status: 503, when: 'after' as const }),
      fc.constant({ kind: 'slow' as const, delayMs: 500 }),
    ),
    { nil: undefined, freq: 3 },
  ),
  operation: fc.constantFrom('chat.postMessage', 'chat.update'),
});

/** What people see of one conversation, which has its channel for itself. */
function expectNewestShown(path: string, said: readonly Said[], states: MessageState[]): void {
  const posts = harness.sandbox.posts().filter((post) => post.path === path);
  const roots = posts.filter(({ replyTo }) => replyTo === undefined);
  expect(
    roots.map(({ text }) => text),
    path,
  ).toHaveLength(1);
  const [root] = roots;
  const shown = said.find(({ key }) => key === root?.text);
  expect(shown, `${path} shows ${root?.text}`).toBeDefined();
  for (const { minute, mode, key } of said) {
    const replies = posts.filter(({ replyTo, text }) => replyTo !== undefined && text === key);
    const state = states.find(({ deduplicationKey }) => deduplicationKey === key);
    const role = state?.deliveries[0]?.receipt?.conversation?.role;
    // Nothing is shown over something newer, and what answers is there once.
    if (mode !== 'reply') expect(minute, key).toBeLessThanOrEqual(shown?.minute ?? -1);
    const answers = role === 'reply' || role === 'edit_and_reply';
    expect(replies, `${key} ${role}`).toHaveLength(answers ? 1 : 0);
    if (mode === 'reply') expect(state?.status, key).toBe('confirmed');
    for (const reply of replies) expect(reply.postedAt).toBeGreaterThanOrEqual(root?.postedAt ?? 0);
  }
}

describe('conversations', () => {
  it(`show the newest state and each answer once, over ${CONVERSATIONS} with kills, faults, duplicates and disorder`, async () => {
    const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 2 ** 31);
    console.info(`PROPERTY_SEED=${seed}`);
    const plans = fc.sample(plannedConversation, { numRuns: CONVERSATIONS, seed });
    const workers = [await startWorkerProcess(harness), await startWorkerProcess(harness)];
    const limit = pLimit(12);
    const said = plans.map(({ messages }, index) =>
      messages.map(({ minute, mode }): Said => ({ key: `c${index}-${minute}`, mode, minute })),
    );
    let begun = 0;
    const sent = Promise.all(
      plans.map(({ fault, operation, sendings }, index) =>
        limit(async () => {
          begun += 1;
          const destination = slackChannel(index);
          const path = destination.split('/')[1] ?? '';
          if (fault)
            harness.sandbox.addFault({ ...fault, platform: 'slack', path, operation, times: 1 });
          await Promise.all(
            (said[index] ?? []).flatMap(({ key, minute, mode }) =>
              Array.from({ length: sendings }, () =>
                sendUntilTaken(harness, {
                  deduplicationKey: key,
                  destinations: [destination],
                  content: { text: key },
                  conversation: {
                    key: `c${index}`,
                    mode,
                    at: new Date(START + minute * 60_000).toISOString(),
                  },
                }),
              ),
            ),
          );
        }),
      ),
    );
    const KILLS = 5;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await untilTrue(() => begun >= (kill * CONVERSATIONS) / (KILLS + 1));
      const [worker] = workers.splice(0, 1) as [ProductProcess];
      await worker.kill('SIGKILL');
      workers.push(await startWorkerProcess(harness));
    }
    await sent;
    const states = new Map<string, MessageState>();
    await pLimit(4).map(said.flat(), async ({ key }) => {
      states.set(key, await hasEnded(harness, key));
    });
    for (const [index, each] of said.entries()) {
      const path = slackChannel(index).split('/')[1] ?? '';
      expectNewestShown(
        path,
        each,
        each.flatMap(({ key }) => states.get(key) ?? []),
      );
    }
    const ended = [...states.values()].map(({ status }) => status);
    console.info(
      `${ended.length} messages, ${ended.filter((status) => status === 'superseded').length} superseded`,
    );
  }, 480_000);

  it('cost little more than a message alone', async () => {
    await harness.startWorkers();
    const MESSAGES = 60;
    const timed = async (name: string, index: number, conversation?: object) => {
      const deduplicationKey = `${name}-${index}`;
      const begun = performance.now();
      await sendUntilTaken(harness, {
        deduplicationKey,
        destinations: [slackChannel(index)],
        content: { text: 'x' },
        ...(conversation && { conversation }),
      });
      await hasEnded(harness, deduplicationKey);
      return performance.now() - begun;
    };
    const alone: number[] = [];
    const root: number[] = [];
    const edit: number[] = [];
    /** Of a conversation that no worker has in memory any more. */
    const lateEdit: number[] = [];
    for (let index = 0; index < MESSAGES; index += 1) {
      alone.push(await timed('alone', index));
      root.push(await timed('root', index, { key: `c${index}` }));
      edit.push(await timed('edit', index, { key: `c${index}` }));
      const earlier = index - MESSAGES / 2;
      if (earlier >= 0) lateEdit.push(await timed('late', earlier, { key: `c${earlier}` }));
    }
    const median = (values: number[]) =>
      [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
    const p50 = median(alone);
    const [p50Root, p50Edit, p50LateEdit] = [median(root), median(edit), median(lateEdit)];
    const events = async (id: string) =>
      (await harness.client.workflow.getHandle(id).fetchHistory()).events?.length;
    const conversation = conversationId(slackChannel(0) as Destination, 'c0');
    console.info(
      `p50 alone ${p50.toFixed(0)} ms, root ${(p50Root / p50).toFixed(2)} times, edit ${(p50Edit / p50).toFixed(2)}, ` +
        `late edit ${(p50LateEdit / p50).toFixed(2)}; ` +
        `events: alone ${await events('alone-0')}, root ${await events('root-0')} and its conversation ${await events(conversation)}`,
    );
    expect(await events('alone-0')).toBe(11);
    expect(await events('root-0')).toBe(11);
    // The target is 1.6, on a quiet machine: docs/decisions has the figures. This catches what got worse.
    for (const figure of [p50Root, p50Edit, p50LateEdit]) {
      expect(figure / p50).toBeLessThanOrEqual(2.2);
    }
  }, 120_000);

  it('answer a message that comes at the moment when they are forgotten', async () => {
    await harness.startWorkers();
    await harness.startWorkers();
    const FORGET_AFTER_MS = 500;
    const CONVERSATIONS_AT_ONCE = 20;
    const MESSAGES = 12;
    const conversations = conversationsBy(harness.client, createMetrics().conversationClaims);
    const acts: string[] = [];
    await Promise.all(
      Array.from({ length: CONVERSATIONS_AT_ONCE }, async (_, index) => {
        const id = conversationId(slackChannel(index) as Destination, `forgotten-${index}`);
        for (let number = 0; number < MESSAGES; number += 1) {
          const message = `${index}-${number}`;
          const shared = { deliveryId: `${message}.0`, message, mode: 'update' as const };
          const at = new Date().toISOString();
          const place = { at, rank: 0, acceptedAt: at };
          const times = { attemptMs: 1_000, patienceMs: 1_000, forgetAfterMs: FORGET_AFTER_MS };
          const { act } = await conversations.claim(id, { ...shared, place, ...times });
          acts.push(act);
          if (act !== 'post' && act !== 'edit') continue;
          const receipt = { messageId: message };
          await conversations.report(id, { ...shared, outcome: 'done', place, act, receipt });
          await delay(FORGET_AFTER_MS - 60 + 40 * number);
        }
      }),
    );
    const posts = acts.filter((act) => act === 'post').length;
    console.info(`${posts} of ${acts.length} found their conversation forgotten`);
    expect(acts.filter((act) => act !== 'post' && act !== 'edit')).toEqual([]);
    expect(acts).toContain('edit');
    expect(posts).toBeGreaterThan(CONVERSATIONS_AT_ONCE);
  }, 120_000);
});

async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 20));
}
