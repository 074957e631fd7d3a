/** Messages of one conversation, from the request to the post that shows them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { conversationId } from '../../src/acceptance/conversationPlan.js';
import { OPS, startHarness, type Harness } from '../harness.js';

const WEBHOOK = 'teams-webhook:default/incidents';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ settings: { conversations: { patience: '1s' } } });
});
afterEach(() => {
  harness.sandbox.clearFaults();
});
afterAll(() => harness.close());

let conversations = 0;

interface Said {
  mode?: string;
  at?: string;
  rank?: number;
  destinations?: unknown[];
}

/** Sends messages of one conversation, whose texts no other conversation has. */
function newConversation() {
  conversations += 1;
  const key = `conversation-${conversations}`;
  const keyOf = (text: string) => `${key}/${text}`;
  return {
    key,
    keyOf,
    say: async (text: string, { destinations = [OPS], ...said }: Said = {}) => {
      const deduplicationKey = keyOf(text);
      const answer = await harness.send({
        deduplicationKey,
        destinations,
        content: { text: deduplicationKey },
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

  it('lets the others go when a message that has the turn is cancelled, or its workflow is terminated', async () => {
    const { keyOf, say, seen } = newConversation();
    harness.sandbox.addFault({ kind: 'http_error', status: 503, platform: 'slack' });
    const triggered = await say('triggered');
    await harness.waitForAttempts(triggered, 1);
    const resolved = await say('resolved');
    await harness.client.workflow.getHandle(triggered).terminate('by a person');
    // The turn of a terminated message lapses when its last attempt can't be under way any more; a cancelled one gives it back.
    await harness.client.workflow
      .getHandle(conversationId(OPS, keyOf('').split('/')[0] ?? ''))
      .terminate('by a person');
    harness.sandbox.clearFaults();
    await isConfirmed(resolved);
    expect(seen()).toEqual([keyOf('resolved')]);
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
