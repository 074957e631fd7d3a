/** Conversations whose two messages are close in time. */
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasEnded, sendUntilTaken, startForConversations } from '../../faults/conversations.js';
import { slackChannel } from '../../faults/deliveries.js';
import type { Harness } from '../../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startForConversations();
}, 60_000);
afterAll(() => harness.close(), 60_000);

it('ends as resolved, however soon that follows the trigger, with two workers', async () => {
  await harness.startWorkers();
  await harness.startWorkers();
  const limit = pLimit(30);
  const EACH = 200;
  // Those that are far apart wait while the others are sent.
  const delays = Array.from({ length: EACH }, () => [1, 10, 1_000]).flat();
  const counts = { superseded: 0, edited: 0 };
  await Promise.all(
    delays.map((delayMs, index) =>
      limit(async () => {
        const say = async (text: string) => {
          await sendUntilTaken(harness, {
            deduplicationKey: `${index}-${text}`,
            destinations: [slackChannel(index)],
            content: { text },
            conversation: { key: `alert-${index}` },
          });
        };
        await say('triggered');
        await new Promise((done) => setTimeout(done, delayMs));
        await say('resolved');
        const triggered = await hasEnded(harness, `${index}-triggered`);
        await hasEnded(harness, `${index}-resolved`);
        counts[triggered.status === 'superseded' ? 'superseded' : 'edited'] += 1;
        const path = slackChannel(index).split('/')[1] ?? '';
        const posts = harness.sandbox.posts().filter((post) => post.path === path);
        expect(
          posts.map(({ text }) => text),
          path,
        ).toEqual(['resolved']);
      }),
    ),
  );
  console.info(`trigger edited ${counts.edited} times, superseded ${counts.superseded} times`);
}, 300_000);
