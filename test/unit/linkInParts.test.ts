/** A message in several posts whose first part may have a link: the other parts go on where the first ends. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { planPost, resultOf } from '../../src/activities/plannedPost.js';
import type { DestinationAdapter, Show } from '../../src/destinations/destination.js';
import { slackPosts } from '../../src/destinations/slack/posts.js';
import type { PostedParts } from '../../src/domain/delivery.js';
import type { MessagePage } from '../../src/domain/messagePage.js';
import { DELIVERY } from './delivering.js';

const postsOf = (message: Show) => slackPosts(message, 'parts').posts;
const adapter = {
  layout: (message: Show) => ({ parts: postsOf(message).length }),
} as DestinationAdapter;

const page = (link?: string): MessagePage => ({
  deduplicationKey: 'a',
  url: undefined,
  link,
  footer: link,
});
const signed = (signature: string) =>
  page(`https://sendproof.example/messages/${'%F0%9F'.repeat(100)}?signed=1.${signature}`);

const pages = fc.constantFrom(page(), page('https://short.example'), signed('a'), signed('b'));

it('have the same texts, whether the link was switched on, off or signed anew between them', async () => {
  const content = {
    text: Array.from(
      { length: 300 },
      (_, index) => `${index}. ${'some words '.repeat(8)}\n\n`,
    ).join(''),
  };
  await fc.assert(
    fc.asyncProperty(pages, pages, async (first, later) => {
      const plan = (posted: PostedParts | null, shown: MessagePage) =>
        planPost(adapter, { ...DELIVERY, content, posted }, shown);
      const begun = await plan(null, first);
      const whole = postsOf(begun.message);
      let { posted } = resultOf({ messageId: '1' }, begun, []);
      for (let number = 2; posted && number <= whole.length; number += 1) {
        const next = await plan(posted, later);
        expect(next.part).toMatchObject({ number, of: whole.length });
        expect(postsOf(next.message)[number - 1]).toEqual(whole[number - 1]);
        ({ posted } = resultOf({ messageId: '2' }, next, []));
      }
      expect(posted).toBeUndefined();
      expect(whole.length).toBeGreaterThan(2);
    }),
    {
      numRuns: 4,
      examples: [
        [signed('a'), page()],
        [page(), signed('a')],
      ],
    },
  );
});
