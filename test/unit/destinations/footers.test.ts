/** The link in the footer of a post: on every platform, within the limits, and of no influence on anything else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DESCRIPTION_LIMIT, renderForDiscord } from '../../../src/destinations/discord/render.js';
import type { Show } from '../../../src/destinations/destination.js';
import { renderForGoogleChat } from '../../../src/destinations/google-chat/render.js';
import { LARGEST_POST } from '../../../src/destinations/mattermost/account.js';
import { renderForMattermost } from '../../../src/destinations/mattermost/render.js';
import { EDITED_TEXT_LIMIT_BYTES, plainEdit } from '../../../src/destinations/slack/edits.js';
import { givenPost } from '../../../src/destinations/slack/givenPost.js';
import { slackPosts } from '../../../src/destinations/slack/posts.js';
import { MESSAGE_LIMIT_BYTES, renderForTeams } from '../../../src/destinations/teams/render.js';
import {
  CARD_LIMIT_BYTES,
  renderForTeamsWebhook,
} from '../../../src/destinations/teams-webhook/render.js';
import { renderForWebhook } from '../../../src/destinations/webhook/render.js';
import { LINK_WORDS } from '../../../src/domain/messagePage.js';
import { checkBlocks } from '../../../src/sandbox/slack/blocks.js';
import { cardSchema } from '../../../src/sandbox/webhook/cardSchema.js';
import { examplePost } from './contract.js';
import { messageToShow } from './messageToShow.js';

/** Of a key of 255 bytes that are all encoded. */
const LONGEST_KEY = '🔥'.repeat(63);
const SIGNATURE = 'S'.repeat(43);
const linkOf = (key: string, signature = SIGNATURE) =>
  `https://sendproof.example/messages/${encodeURIComponent(key)}?signed=1798000000.${signature}`;

function withLink(text: string, link?: string, changes: Partial<Show> = {}): Show {
  const page = {
    deduplicationKey: 'a',
    url: 'https://sendproof.example/messages/a',
    link,
    footer: link,
  };
  return messageToShow(
    { text, title: 'Disk full' },
    { source: 'pagerduty', reference: '55', url: 'https://example.com/55' },
    { page, ...changes },
  );
}

/** Each as what is sent, as one text, and how much of the platform's limit it takes. */
const PLATFORMS: Record<string, (message: Show) => { sent: string; size: number; limit: number }> =
  {
    slack: (message) => {
      const [post] = slackPosts(message, 'shorten').posts;
      expect(checkBlocks(post?.blocks ?? [])).toBeUndefined();
      return { sent: JSON.stringify(post), size: post?.blocks.length ?? 0, limit: 50 };
    },
    'slack, an edit without blocks': (message) => {
      const { text } = plainEdit(message);
      return { sent: text, size: Buffer.byteLength(text), limit: EDITED_TEXT_LIMIT_BYTES };
    },
    teams: (message) => {
      const { html } = renderForTeams(message, 'delivery');
      return {
        sent: html,
        size: Buffer.byteLength(JSON.stringify(html)),
        limit: MESSAGE_LIMIT_BYTES,
      };
    },
    'teams-webhook': (message) => {
      const { body } = renderForTeamsWebhook(message, 'delivery');
      const { attachments } = JSON.parse(body) as { attachments: { content: unknown }[] };
      cardSchema.parse(attachments[0]?.content);
      return { sent: body, size: Buffer.byteLength(body), limit: CARD_LIMIT_BYTES };
    },
    'google-chat': (message) => {
      const sent = JSON.stringify(renderForGoogleChat(message, 'app').message);
      return { sent, size: Buffer.byteLength(sent), limit: 32_000 };
    },
    mattermost: (message) => {
      const { message: sent } = renderForMattermost(message, LARGEST_POST, undefined);
      return { sent, size: sent.length, limit: LARGEST_POST };
    },
    discord: (message) => {
      const [embed] = renderForDiscord(message, 'https://a.example', undefined).message.embeds;
      const sent = embed?.description ?? '';
      return { sent, size: sent.length, limit: DESCRIPTION_LIMIT };
    },
    'google-chat-webhook': (message) => {
      const sent = JSON.stringify(renderForGoogleChat(message, 'webhook').message);
      return { sent, size: Buffer.byteLength(sent), limit: 32_000 };
    },
  };

describe.each(Object.entries(PLATFORMS))('the footer on %s', (_platform, render) => {
  it('has the words and the address', () => {
    const { sent } = render(withLink('Disk full', linkOf('a')));
    expect(sent).toContain(LINK_WORDS);
    expect(sent).toContain(linkOf('a'));
  });

  it('is the only difference to a post without one', () => {
    const without = render(withLink('Disk full')).sent;
    expect(without).not.toContain(LINK_WORDS);
    expect(without).not.toContain('sendproof.example');
  });

  it('leaves the post within its limit, and leads to the whole text where that is shortened', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('a', LONGEST_KEY),
        fc.integer({ min: 0, max: 40_000 }),
        fc.constantFrom('word ', '<&>"', '🔥', '* item\n'),
        (key, length, piece) => {
          const text = `Text: ${piece.repeat(Math.ceil(length / piece.length))}`;
          const { limit, sent, size } = render(withLink(text, linkOf(key)));
          expect(size).toBeLessThanOrEqual(limit);
          // A link that is too long for what is left of the post is left out, the text never.
          if (key === 'a') expect(sent).toContain(LINK_WORDS);
          const notice = sent.indexOf('Show the whole text');
          if (notice !== -1) expect(sent).toContain(linkOf(key));
        },
      ),
      { numRuns: 12 },
    );
  });

  it('changes nothing but itself when the link is signed anew', () => {
    const text = 'word '.repeat(10_000);
    const sentWith = (signature: string) =>
      render(withLink(text, linkOf('a', signature))).sent.replaceAll(signature, SIGNATURE);
    expect(sentWith('x'.repeat(43))).toBe(sentWith('-'.repeat(43)));
  });
});

describe('the link of a webhook', () => {
  it('is a field beside the page', () => {
    const page = { deduplicationKey: 'a', url: 'https://sendproof.example/messages/a' };
    const dataOf = (link?: string) =>
      (
        JSON.parse(renderForWebhook({ ...examplePost('x'), page: { ...page, link } })) as {
          data: object;
        }
      ).data;
    expect(dataOf(linkOf('a'))).toMatchObject({ page: page.url, link: linkOf('a') });
    expect(dataOf()).not.toHaveProperty('link');
  });
});

describe('the footer of a post that was made for Slack', () => {
  const given = (slack: object, link?: string) =>
    givenPost(
      messageToShow({ text: 'x', native: { slack } }, undefined, {
        page: { deduplicationKey: 'a', url: undefined, link, footer: link },
      }),
    );
  const section = { type: 'section', text: { type: 'mrkdwn', text: 'As it was' } };

  it('is the last block', () => {
    const post = given({ text: 'T', blocks: [section] }, linkOf('a'));
    expect(post?.blocks).toHaveLength(2);
    expect(post?.blocks?.[0]).toEqual(section);
    expect(JSON.stringify(post?.blocks?.[1])).toContain(linkOf('a'));
    expect(checkBlocks(post?.blocks ?? [])).toBeUndefined();
  });

  it('is an attachment of its own after the source’s, and the end of a text without blocks', () => {
    const post = given({ attachments: [{ text: 'As it was' }] }, linkOf('a'));
    expect(post?.attachments).toHaveLength(2);
    expect(JSON.stringify(post?.attachments?.[1])).toContain(linkOf('a'));
    expect(given({ text: 'As it was' }, linkOf('a'))?.text).toBe(
      `As it was\n\n<${linkOf('a')}|${LINK_WORDS}>`,
    );
  });

  it('is left out where there is no room, and where there is no link', () => {
    const blocks = Array.from({ length: 50 }, () => section);
    expect(given({ blocks }, linkOf('a'))?.blocks).toEqual(blocks);
    const attachments = Array.from({ length: 100 }, () => ({ text: 'x' }));
    expect(given({ attachments }, linkOf('a'))?.attachments).toEqual(attachments);
    const text = 'x'.repeat(3_999);
    expect(given({ text }, linkOf('a'))?.text).toBe(text);
    expect(given({ text: 'T', blocks: [section] })).toEqual({ text: 'T', blocks: [section] });
  });
});
