/** Messages of one conversation, from the request to the post that shows them. */
import { temporal } from '@temporalio/proto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { conversationId } from '../../src/acceptance/conversationPlan.js';
import {
  claimUpdate,
  reportSignal,
  type ConversationClaim,
} from '../../src/contract/conversation.js';
import type { Destination } from '../../src/domain/destination.js';
import { eventually } from '../eventually.js';
import { INCIDENTS, OPS, startHarness, WEBHOOK, type Harness } from '../harness.js';

const { ResetWorkflowExecutionRequest } = temporal.api.workflowservice.v1;

const LOUD: Destination = 'slack:default/C0LOUD001';

let harness: Harness;
beforeAll(async () => {
  const loud = {
    name: 'loud',
    to: [LOUD],
    conversation: { mode: 'both', broadcast: true },
  };
  harness = await startHarness({
    settings: { conversations: { patience: '1s' }, routes: [loud] },
  });
});
afterEach(() => {
  harness.sandbox.clearFaults();
});
afterAll(() => harness.close());

let conversations = 0;

interface Said {
  broadcast?: boolean;
  mode?: string;
  at?: string;
  rank?: number;
  destinations?: unknown[];
  /** After the text that no other message has. */
  more?: string;
}

/** Sends messages of one conversation, whose texts no other conversation has. */
function newConversation() {
  conversations += 1;
  const key = `conversation-${conversations}`;
  const keyOf = (text: string) => `${key}/${text}`;
  return {
    key,
    keyOf,
    say: async (text: string, { destinations = [OPS], more = '', ...said }: Said = {}) => {
      const deduplicationKey = keyOf(text);
      const answer = await harness.send({
        deduplicationKey,
        destinations,
        content: { text: `${deduplicationKey}${more}` },
        conversation: { key, ...said },
      });
      expect(answer.status).toBe(202);
      return deduplicationKey;
    },
    /** The texts that are seen now. */
    seen: () =>
      harness.sandbox
        .posts()
        .map(({ text }) => text)
        .filter((text) => text.includes(`${key}/`)),
    workflow: (destination: Destination = OPS) =>
      harness.client.workflow.getHandle(conversationId(destination, key)),
  };
}

async function isConfirmed(key: string) {
  const state = await harness.waitForStatus(key, 'confirmed');
  const [delivery] = state.deliveries;
  return { ...state, shown: delivery?.receipt?.conversation };
}

async function timelineOf(key: string) {
  const path = `/v1/messages/${encodeURIComponent(key)}/timeline`;
  const { body } = await harness.request<{
    explanation: string;
    entries: { kind: string; message?: string }[];
  }>('GET', path);
  return body;
}

async function eventsOf(workflowId: string) {
  const history = await harness.client.workflow.getHandle(workflowId).fetchHistory();
  return history.events?.length;
}

describe('a conversation', () => {
  it('shows its newest state in one post', async () => {
    const { keyOf, say, seen } = newConversation();
    const triggered = await say('triggered');
    expect((await isConfirmed(triggered)).shown).toEqual({ role: 'root' });
    const resolved = await isConfirmed(await say('resolved'));
    expect(resolved.shown).toEqual({ role: 'edit', of: triggered });
    expect(seen()).toEqual([keyOf('resolved')]);
    expect(resolved.explanation).toContain(`replaced the content of the post of “${triggered}”`);
  });

  it('costs a message in sequence no event, and one without a conversation has eleven', async () => {
    const { say } = newConversation();
    const triggered = await say('triggered');
    await isConfirmed(triggered);
    expect(await eventsOf(triggered)).toBe(11);
    await harness.send({ deduplicationKey: 'alone', destinations: [OPS], content: { text: 'x' } });
    await harness.waitForStatus('alone', 'confirmed');
    expect(await eventsOf('alone')).toBe(11);
  });

  it('answers in the thread, and does both', async () => {
    const { keyOf, say, seen } = newConversation();
    const triggered = await say('triggered');
    await isConfirmed(triggered);
    expect((await isConfirmed(await say('note', { mode: 'reply' }))).shown).toEqual({
      role: 'reply',
      of: triggered,
    });
    expect((await isConfirmed(await say('resolved', { mode: 'both' }))).shown).toEqual({
      role: 'edit_and_reply',
      of: triggered,
    });
    expect(seen()).toEqual([keyOf('resolved'), keyOf('note'), keyOf('resolved')]);
  });

  it('answers in the channel, too, where that is wanted', async () => {
    const { key, say } = newConversation();
    await isConfirmed(await say('triggered', { broadcast: true }));
    await isConfirmed(await say('resolved', { mode: 'both', broadcast: true }));
    const posts = harness.sandbox.posts().filter(({ text }) => text.includes(`${key}/`));
    expect(posts.map(({ broadcast }) => broadcast)).toEqual([undefined, true]);
  });

  it('answers in the channel, too, where the route of an event wants that', async () => {
    for (const state of ['triggered', 'resolved']) {
      const event = {
        key: `loud-${state}`,
        source: 'test',
        conversation: 'loud',
        title: 'x',
        state,
      };
      await harness.request('POST', '/v1/events', event);
      await isConfirmed(`test:loud-${state}`);
    }
    const posts = harness.sandbox.posts({ platform: 'slack', path: 'C0LOUD001' });
    expect(posts.map(({ broadcast }) => broadcast)).toEqual([undefined, true]);
  });

  it('is not held up by a message from the future', async () => {
    const { keyOf, say, seen } = newConversation();
    await isConfirmed(await say('triggered', { at: '2099-01-01T00:00:00Z' }));
    await isConfirmed(await say('resolved', { at: new Date().toISOString() }));
    expect(seen()).toEqual([keyOf('resolved')]);
  });

  it('shows the newest of a burst, at one attempt for each message', async () => {
    const { keyOf, say, seen } = newConversation();
    const texts = Array.from({ length: 25 }, (_, index) => `update-${index}`);
    const keys = await Promise.all(
      texts.map((text, rank) =>
        say(text, {
          at: new Date(Date.parse('2026-11-23T12:00:00Z') + rank).toISOString(),
        }),
      ),
    );
    for (const key of keys) {
      const { deliveries, status } = await eventually(async () => {
        const state = await harness.message(key);
        if (state.status === 'confirmed' || state.status === 'superseded') return state;
        throw new Error(`${key} is ${state.status}`);
      });
      expect(deliveries[0]?.attempts).toHaveLength(status === 'confirmed' ? 1 : 0);
    }
    expect(seen()).toEqual([keyOf('update-24')]);
  });

  it('refuses a claim that the order could not read, and goes on', async () => {
    const { keyOf, say, seen, workflow } = newConversation();
    await isConfirmed(await say('triggered'));
    const claim = { deliveryId: 7 } as unknown as ConversationClaim;
    const refused = workflow().executeUpdate(claimUpdate, { args: [claim] });
    await expect(refused).rejects.toThrow();
    await isConfirmed(await say('resolved'));
    expect(seen()).toEqual([keyOf('resolved')]);
  });

  it('knows its post after a reset of its workflow', async () => {
    const { keyOf, say, seen, workflow } = newConversation();
    await isConfirmed(await say('triggered'));
    await isConfirmed(await say('acknowledged'));
    const { runId } = await workflow().describe();
    await harness.client.workflowService.resetWorkflowExecution(
      ResetWorkflowExecutionRequest.fromObject({
        namespace: harness.namespace,
        workflowExecution: { workflowId: workflow().workflowId, runId },
        workflowTaskFinishEventId: 4,
        requestId: runId,
        reason: 'test',
      }),
    );
    await isConfirmed(await say('resolved'));
    expect(seen()).toEqual([keyOf('resolved')]);
  });

  it.each(['🔥'.repeat(63), 'é'.repeat(127)])('has any key: %s', async (key) => {
    const say = async (text: string) => {
      const deduplicationKey = `${key.length}-${text}`;
      await harness.send({
        ...{ deduplicationKey, destinations: [OPS], content: { text: deduplicationKey } },
        conversation: { key },
      });
      return await isConfirmed(deduplicationKey);
    };
    const { deduplicationKey } = await say('triggered');
    expect((await say('resolved')).shown).toEqual({ role: 'edit', of: deduplicationKey });
    const found = await harness.request<{ messages: object[] }>(
      'GET',
      `/v1/messages?conversation=${encodeURIComponent(key)}`,
    );
    expect(found.status).toBe(200);
  });

  it('never goes back to an older state', async () => {
    const { keyOf, say, seen } = newConversation();
    const resolved = await say('resolved', { at: '2026-11-23T12:00:00Z', rank: 1 });
    await isConfirmed(resolved);
    const triggered = await say('triggered', { at: '2026-11-23T12:00:00Z' });
    const state = await harness.waitForStatus(triggered, 'superseded');
    expect(state.deliveries[0]).toMatchObject({ status: 'superseded', supersededBy: resolved });
    expect(seen()).toEqual([keyOf('resolved')]);
    const { entries, explanation } = await timelineOf(triggered);
    expect(entries.map(({ kind }) => kind)).toContain('superseded');
    expect(explanation).toContain(resolved);
    const found = await harness.request<{ messages: { deduplicationKey: string }[] }>(
      'GET',
      '/v1/messages?status=superseded',
    );
    expect(found.status).toBe(200);
  });

  it('posts the newest by itself when the first message needs a decision for too long', async () => {
    const { keyOf, say, seen } = newConversation();
    harness.sandbox.addFault({
      kind: 'slack_error',
      error: 'not_in_channel',
      platform: 'slack',
      times: 1,
    });
    const triggered = await say('triggered');
    await harness.waitForStatus(triggered, 'dead_lettered');
    const [acknowledged, resolved] = [await say('acknowledged'), await say('resolved')];
    expect((await isConfirmed(resolved)).shown).toEqual({
      role: 'root',
      of: triggered,
      because: 'not_posted',
    });
    await harness.waitForStatus(acknowledged, 'superseded');
    const path = `/v1/messages/${encodeURIComponent(triggered)}/retry`;
    await harness.request('POST', path, { by: 'ana', reason: 'invited' });
    await harness.waitForStatus(triggered, 'superseded');
    expect(seen()).toEqual([keyOf('resolved')]);
  });

  it('lets the others go when the workflow of the message that has the turn, and its own, are terminated', async () => {
    const { keyOf, say, seen, workflow } = newConversation();
    harness.sandbox.addFault({ kind: 'http_error', status: 503, platform: 'slack' });
    const triggered = await say('triggered');
    await harness.waitForAttempts(triggered, 1);
    const resolved = await say('resolved');
    await harness.client.workflow.getHandle(triggered).terminate('by a person');
    await workflow().terminate('by a person');
    harness.sandbox.clearFaults();
    await isConfirmed(resolved);
    expect(seen()).toEqual([keyOf('resolved')]);
  });

  it('lets the others go at once when the message that has the turn is cancelled', async () => {
    const { keyOf, say, seen } = newConversation();
    harness.sandbox.addFault({
      kind: 'rate_limited',
      retryAfter: '30',
      platform: 'slack',
      times: 1,
    });
    const triggered = await say('triggered');
    await harness.waitForNextAttempt(triggered);
    const resolved = await say('resolved');
    await harness.request('DELETE', `/v1/messages/${encodeURIComponent(triggered)}?by=ana`);
    await harness.waitForStatus(triggered, 'cancelled');
    expect((await isConfirmed(resolved)).shown).toEqual({
      role: 'root',
      of: triggered,
      because: 'not_posted',
    });
    expect(seen()).toEqual([keyOf('resolved')]);
  });

  it('goes on in the next run of its workflow, with a message that waits', async () => {
    const { keyOf, say, seen, workflow } = newConversation();
    harness.sandbox.addFault({ kind: 'slow', delayMs: 1_500, platform: 'slack', times: 1 });
    const triggered = await say('triggered');
    await eventually(async () => {
      expect((await workflow().describe()).historyLength).toBeGreaterThan(4);
    });
    const resolved = await say('resolved');
    await eventually(async () => {
      const { explanation } = await harness.message(resolved);
      expect(explanation).toContain(triggered);
    });
    const { runId } = await workflow().describe();
    // The server suggests a new run at 4 MiB. What a conversation doesn't know changes nothing in it.
    const unknown = { deliveryId: 'x'.repeat(1_000_000), outcome: 'ended' as const };
    for (let sent = 0; sent < 5; sent += 1) await workflow().signal(reportSignal, unknown);
    expect((await isConfirmed(resolved)).shown).toEqual({ role: 'edit', of: triggered });
    expect((await workflow().describe()).runId).not.toBe(runId);
    expect(seen()).toEqual([keyOf('resolved')]);
  });

  it('replaces the first part of a long message, and shortens its own text to one post', async () => {
    const { key, say } = newConversation();
    const words = (from: number) =>
      Array.from({ length: 2_500 }, (_, index) => ` word${from + index}`).join('');
    const triggered = await say('triggered', { more: words(0) });
    const { deliveries } = await isConfirmed(triggered);
    const [first] = deliveries;
    expect(first?.receipt?.parts).toBeGreaterThan(1);
    const resolved = await isConfirmed(await say('resolved', { more: words(10_000) }));
    expect(resolved.shown).toEqual({ role: 'edit', of: triggered });
    expect(resolved.deliveries[0]?.receipt).toMatchObject({
      messageId: first?.receipt?.messageId,
      shortened: { of: `${key}/resolved`.length + words(10_000).length },
    });
    const [root, ...others] = harness.sandbox
      .posts()
      .filter(({ id, replyTo }) => [id, replyTo].includes(first?.receipt?.messageId));
    expect(others).toHaveLength((first?.receipt?.parts ?? 0) - 1);
    const shown = JSON.stringify(root?.content);
    expect(shown).toContain(`${key}/resolved word10000 `);
    expect(shown).not.toContain('word1 ');
    expect(JSON.stringify(others)).not.toContain('word10000');
  });

  it('has a post of its own at a fallback destination', async () => {
    const { keyOf, say, seen } = newConversation();
    const refuse = () =>
      harness.sandbox.addFault({
        kind: 'slack_error',
        error: 'not_in_channel',
        platform: 'slack',
        times: 1,
      });
    const shownAtFallback = (message: string) =>
      eventually(async () => {
        const [, fallback] = (await harness.message(message)).deliveries;
        expect(fallback).toMatchObject({ destination: INCIDENTS, status: 'confirmed' });
        return fallback?.receipt?.conversation;
      });
    const destinations = [{ destination: OPS, fallback: [INCIDENTS] }];
    refuse();
    const triggered = await say('triggered', { destinations });
    expect(await shownAtFallback(triggered)).toEqual({ role: 'root' });
    // At the first destination, the next message is posted by itself after the patience.
    const acknowledged = await say('acknowledged', { destinations });
    expect((await isConfirmed(acknowledged)).shown).toMatchObject({ because: 'not_posted' });
    refuse();
    const resolved = await say('resolved', { destinations });
    expect(await shownAtFallback(resolved)).toEqual({ role: 'edit', of: triggered });
    expect(seen().sort()).toEqual([keyOf('acknowledged'), keyOf('resolved')]);
  });

  it('replaces and answers on Teams', async () => {
    const { keyOf, say } = newConversation();
    const destinations = [INCIDENTS];
    const triggered = await say('triggered', { destinations });
    await isConfirmed(triggered);
    expect((await isConfirmed(await say('note', { destinations, mode: 'reply' }))).shown).toEqual({
      role: 'reply',
      of: triggered,
    });
    const resolved = await isConfirmed(await say('resolved', { destinations }));
    expect(resolved.shown).toEqual({ role: 'edit', of: triggered });
    const id = resolved.deliveries[0]?.receipt?.messageId;
    const [root, note, ...others] = harness.sandbox
      .posts({ platform: 'teams' })
      .filter((post) => [post.id, post.replyTo].includes(id));
    expect(root).toMatchObject({ text: keyOf('resolved') });
    expect(note).toMatchObject({ text: keyOf('note'), replyTo: id });
    expect(others).toEqual([]);
  });

  it('posts anew when a person has deleted its post', async () => {
    const { keyOf, say, seen } = newConversation();
    const triggered = await say('triggered');
    await isConfirmed(triggered);
    harness.sandbox.addFault({
      kind: 'slack_error',
      error: 'message_not_found',
      platform: 'slack',
      times: 1,
    });
    expect((await isConfirmed(await say('resolved'))).shown).toEqual({
      role: 'root',
      of: triggered,
      because: 'post_deleted',
    });
    expect(seen()).toEqual([keyOf('triggered'), keyOf('resolved')]);
  });

  it('answers where the platform refuses the edit', async () => {
    const { say } = newConversation();
    const triggered = await say('triggered');
    await isConfirmed(triggered);
    harness.sandbox.addFault({
      kind: 'slack_error',
      error: 'edit_window_closed',
      platform: 'slack',
      times: 1,
    });
    const shown = { role: 'reply', of: triggered, because: 'edit_refused' };
    expect((await isConfirmed(await say('acknowledged'))).shown).toEqual(shown);
    expect((await isConfirmed(await say('resolved'))).shown).toEqual(shown);
  });

  it('names what it follows on a platform without edits and threads', async () => {
    const { keyOf, say, seen } = newConversation();
    const destinations = [WEBHOOK];
    const triggered = await say('triggered', { destinations });
    await isConfirmed(triggered);
    const resolved = await isConfirmed(await say('resolved', { destinations }));
    expect(resolved.shown).toEqual({ role: 'follow_up', of: triggered });
    expect(seen()).toHaveLength(2);
    expect(seen()[1]).toContain('Follows:');
    expect(seen()[1]).toContain(keyOf('resolved'));
  });
});
