/** Messages of one conversation, from the request to the post that shows them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPS, startHarness, type Harness } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ settings: { conversations: { patience: '2s' } } });
});
afterAll(() => harness.close());

let conversations = 0;

interface Said {
  mode?: string;
  at?: string;
  rank?: number;
  destinations?: unknown[];
}

/** Sends messages of one conversation. */
function newConversation(name: string) {
  conversations += 1;
  const key = `${name}-${conversations}`;
  return async (text: string, { destinations = [OPS], ...said }: Said = {}) => {
    const deduplicationKey = `${key}-${text}`;
    const answer = await harness.send({
      deduplicationKey,
      destinations,
      content: { text },
      conversation: { key, ...said },
    });
    expect(answer.status).toBe(202);
    return deduplicationKey;
  };
}

describe('a conversation', () => {
  it('shows the newest state in one post', async () => {
    const say = newConversation('plain');
    const triggered = await say('triggered');
    await harness.waitForStatus(triggered, 'confirmed');
    const resolved = await say('resolved');
    const state = await harness.waitForStatus(resolved, 'confirmed');
    expect(state.deliveries[0]?.receipt?.conversation).toEqual({ role: 'edit', of: triggered });
    const posts = harness.sandbox.posts().filter(({ text }) => text === 'resolved');
    expect(posts).toHaveLength(1);
  });
});
