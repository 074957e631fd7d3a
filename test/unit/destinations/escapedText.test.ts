/** Every rendering counts its limits after escaping, and cuts before it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summary, SUMMARY_BYTES } from '../../../src/contract/userMetadata.js';
import { plainTextOf, TEXT_LIMIT } from '../../../src/destinations/slack/plainText.js';
import { slackPosts } from '../../../src/destinations/slack/posts.js';
import { HEADER_LIMIT, NOTIFICATION_LIMIT } from '../../../src/destinations/slack/render.js';
import {
  CARD_LIMIT_BYTES,
  renderForTeamsWebhook,
} from '../../../src/destinations/teams-webhook/render.js';
import { MESSAGE_LIMIT_BYTES, renderForTeams } from '../../../src/destinations/teams/render.js';
import type { Content, Correlation } from '../../../src/domain/message.js';
import { checkBlocks } from '../../../src/sandbox/slack/blocks.js';
import { messageToShow } from './messageToShow.js';

/** What one of the renderings writes longer than it came. */
const LENGTHENED = ['&', '<', '>', '"', "'", '*', '_', '~', '`', '|', '\\', '&amp;', ':x:', 'a*'];

const lengthened = (longest: number) =>
  fc
    .tuple(
      fc.array(fc.constantFrom(...LENGTHENED, 'word', ' ', '👩🏽‍🚒'), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: longest }),
    )
    .map(([units, length]) => {
      const unit = units.join('');
      return `x${unit.repeat(Math.floor((length - 1) / unit.length))}`;
    });

const content = fc.record<Content>(
  { title: lengthened(1_000), text: lengthened(40_000), severity: fc.constant('critical') },
  { requiredKeys: ['text'] },
);
const correlation = fc.record<Correlation>(
  { source: lengthened(255), reference: lengthened(255) },
  { requiredKeys: [] },
);

/** In escaped text every ampersand begins an entity of ours. */
const CUT_ENTITY = /&(?!(?:amp|lt|gt|quot);)/;

describe('text that is longer when it is escaped', () => {
  it.each([...LENGTHENED, '&<>'])('a title of 1,000 characters of %j fits', (unit) => {
    const title = unit.repeat(Math.floor(1_000 / unit.length));
    const { posts } = slackPosts(messageToShow({ title, text: 'disk full' }), 'shorten');
    const text = posts[0]?.text ?? '';
    expect(text.length).toBeLessThanOrEqual(NOTIFICATION_LIMIT);
    expect(text).toMatch(/\ndisk full$/);
    expect(text).not.toMatch(CUT_ENTITY);
  });

  it('says the whole of a title that fits', () => {
    const title = 'y'.repeat(1_000);
    const { posts } = slackPosts(messageToShow({ title, text: 'disk full' }), 'shorten');
    expect(posts[0]?.text).toBe(`${title}\ndisk full`);
  });

  it('is within Slack’s limits in every field, with every entity whole', () => {
    const settings = fc.constantFrom('parts' as const, 'shorten' as const);
    fc.assert(
      fc.property(content, correlation, settings, (wanted, from, longMessages) => {
        for (const { text, blocks } of slackPosts(messageToShow(wanted, from), longMessages)
          .posts) {
          expect(text.length).toBeLessThanOrEqual(NOTIFICATION_LIMIT);
          expect(text).not.toMatch(CUT_ENTITY);
          expect(checkBlocks(blocks)).toBeUndefined();
          for (const block of blocks) {
            if (block.type !== 'header') continue;
            const escaped = block.text.text.replaceAll('&', '&amp;').replaceAll(/[<>]/g, '&lt;');
            expect(escaped.length).toBeLessThanOrEqual(HEADER_LIMIT);
          }
          const plain = plainTextOf(blocks);
          expect(plain.length).toBeLessThanOrEqual(TEXT_LIMIT);
          expect(plain).not.toMatch(CUT_ENTITY);
        }
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  it('is within Teams’ limits, with every entity whole', () => {
    fc.assert(
      fc.property(content, correlation, (wanted, from) => {
        const { html } = renderForTeams(messageToShow(wanted, from), 'id');
        const request = JSON.stringify({ body: { contentType: 'html', content: html } });
        expect(Buffer.byteLength(request)).toBeLessThanOrEqual(MESSAGE_LIMIT_BYTES);
        expect(html).not.toMatch(CUT_ENTITY);
        const { body } = renderForTeamsWebhook(messageToShow(wanted, from), 'id');
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(CARD_LIMIT_BYTES);
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  it('is within Temporal’s limit in a summary', () => {
    fc.assert(
      fc.property(lengthened(1_000), (text) => {
        const bytes = Buffer.byteLength(JSON.stringify(summary('Dead letters of ', text)));
        expect(bytes).toBeLessThanOrEqual(SUMMARY_BYTES);
      }),
    );
  });

  it('shows the beginning of a later part, not only its number', () => {
    const text = Array.from({ length: 400 }, (_, line) => `${line} ${'&'.repeat(60)}`).join('\n\n');
    const { posts } = slackPosts(messageToShow({ text }), 'parts');
    expect(posts.length).toBeGreaterThan(2);
    for (const { text: fallback } of posts.slice(1)) {
      expect(fallback.length).toBeGreaterThan(NOTIFICATION_LIMIT * 0.75);
    }
  });
});
