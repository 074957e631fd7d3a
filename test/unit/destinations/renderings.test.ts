import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block } from '../../../src/destinations/document/document.js';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { DISCORD_MARKDOWN } from '../../../src/destinations/discord/markdown.js';
import { documentToMarkdown } from '../../../src/destinations/document/markdownText.js';
import { documentToChatText } from '../../../src/destinations/google-chat/chatText.js';
import { MATTERMOST_MARKDOWN } from '../../../src/destinations/mattermost/markdown.js';
import { richTextPieces } from '../../../src/destinations/slack/richText.js';
import { documentToMrkdwn, textBlocks } from '../../../src/destinations/slack/render.js';
import { documentToHtml } from '../../../src/destinations/teams/html.js';
import { documentToCard } from '../../../src/destinations/teams-webhook/cardElements.js';
import { mayLinkTo } from '../../../src/lib/linkTargets.js';
import { isBlank } from '../../../src/lib/text.js';
import { checkBlocks } from '../../../src/sandbox/slack/blocks.js';
import { cardSchema } from '../../../src/sandbox/webhook/cardSchema.js';
import { markdownDocuments, type ShownText } from './markdownDocuments.js';
import {
  shownInCard,
  shownInChatText,
  shownInDiscord,
  shownInMattermost,
  shownInHtml,
  shownInMrkdwn,
  shownInRichText,
  type ShownCharacter,
} from './shownText.js';

type Rendering = (markdown: string) => ShownCharacter[];

const asRichText: Rendering = (markdown) => {
  const blocks = textBlocks(richTextPieces(parseDocument(markdown)));
  const problem = checkBlocks(blocks);
  if (problem?.error === 'invalid_blocks') throw new Error(problem.messages.join('\n'));
  return blocks.flatMap(({ elements }) => elements.flatMap(shownInRichText));
};

const asMrkdwn: Rendering = (markdown) => shownInMrkdwn(documentToMrkdwn(parseDocument(markdown)));

const asHtml: Rendering = (markdown) => shownInHtml(documentToHtml(parseDocument(markdown)));

const asCard: Rendering = (markdown) => {
  const body = documentToCard(parseDocument(markdown));
  const card = cardSchema.parse({ type: 'AdaptiveCard', version: '1.4', body });
  return card.body.flatMap((element) => shownInCard(element as Record<string, unknown>));
};

const asChatText: Rendering = (markdown) =>
  shownInChatText(documentToChatText(parseDocument(markdown)));

const asDiscord: Rendering = (markdown) =>
  shownInDiscord(documentToMarkdown(parseDocument(markdown), DISCORD_MARKDOWN));

const asMattermost: Rendering = (markdown) =>
  shownInMattermost(documentToMarkdown(parseDocument(markdown), MATTERMOST_MARKDOWN));

const textOf = (shown: readonly ShownCharacter[]): string =>
  shown.map(({ character }) => character).join('');

/** How one text looks. Each text of a document is in it once. */
function looksOf(shown: readonly ShownCharacter[], { text }: ShownText) {
  const at = textOf(shown).indexOf(text);
  expect(at, `${JSON.stringify(text)} in ${JSON.stringify(textOf(shown))}`).toBeGreaterThanOrEqual(
    0,
  );
  // Of an emphasised mark, as *, Slack's text shows the emphasis only on the words beside it.
  const characters = shown
    .slice(at, at + text.length)
    .filter(({ character }) => /[\p{L}\p{N}]/u.test(character));
  const styles = [...new Set(characters.map((each) => each.styles.join()))];
  const urls = [...new Set(characters.map(({ url }) => url))];
  return { styles, urls };
}

interface Expectations {
  headingsAreBold: boolean;
  /** Fixed-width text has other styles than its content, or none. */
  stylesInTables: boolean;
  linksInTables: boolean;
  codeInLinks: boolean;
  /** The address of a link may follow its label, where that has signs that the platform can't show in one. */
  addressAfterLabel?: boolean;
  /** Code with markers in it has no other style: they would end it. */
  markersInCodeStandAlone?: boolean;
}

describe.each<[string, Rendering, Expectations]>([
  [
    'Slack’s blocks',
    asRichText,
    { headingsAreBold: true, stylesInTables: false, linksInTables: true, codeInLinks: true },
  ],
  [
    'Slack’s text',
    asMrkdwn,
    { headingsAreBold: true, stylesInTables: false, linksInTables: false, codeInLinks: false },
  ],
  [
    'Teams’ HTML',
    asHtml,
    { headingsAreBold: false, stylesInTables: true, linksInTables: true, codeInLinks: true },
  ],
  [
    'Google Chat’s text',
    asChatText,
    {
      headingsAreBold: true,
      stylesInTables: false,
      linksInTables: false,
      codeInLinks: false,
      addressAfterLabel: true,
    },
  ],
  [
    'Discord’s Markdown',
    asDiscord,
    {
      headingsAreBold: true,
      stylesInTables: false,
      linksInTables: false,
      codeInLinks: true,
      addressAfterLabel: true,
      markersInCodeStandAlone: true,
    },
  ],
  [
    'Mattermost’s Markdown',
    asMattermost,
    {
      headingsAreBold: true,
      stylesInTables: true,
      linksInTables: true,
      codeInLinks: true,
      addressAfterLabel: true,
      markersInCodeStandAlone: true,
    },
  ],
  [
    'a card',
    asCard,
    { headingsAreBold: true, stylesInTables: false, linksInTables: true, codeInLinks: true },
  ],
])('%s', (_name, render, expectations) => {
  const { headingsAreBold, stylesInTables, linksInTables, codeInLinks } = expectations;
  it('shows every word and every address, in its style, and no text as markup', () => {
    fc.assert(
      fc.property(markdownDocuments, ({ markdown, shown, linked, refused }) => {
        const seen = render(markdown);
        const all = textOf(seen);
        for (const each of shown) {
          const { styles, urls } = looksOf(seen, each);
          const isAfter = expectations.addressAfterLabel === true && urls.join() === '';
          const url = isAfter ? undefined : each.url;
          if (!each.fixedWidth || stylesInTables) {
            const wanted = new Set(each.styles);
            if (each.heading && headingsAreBold) wanted.add('bold');
            if (
              expectations.markersInCodeStandAlone &&
              wanted.has('code') &&
              /[*_~]/.test(each.text)
            ) {
              // A heading of the platform's own is bold all the same.
              const isBold = each.heading && styles.join() === 'bold,code';
              for (const style of ['bold', 'italic', 'strike']) wanted.delete(style);
              if (isBold) wanted.add('bold');
            }
            if (url !== undefined && !codeInLinks) wanted.delete('code');
            if (each.fixedWidth && each.styles.length === 0) wanted.clear();
            if (!(each.fixedWidth && !each.styles.includes('code') && styles.join() === 'code')) {
              expect(styles, each.text).toEqual([[...wanted].sort().join()]);
            }
          }
          if (!each.fixedWidth || linksInTables) expect(urls, each.text).toEqual([url]);
        }
        const targets = new Set(seen.flatMap(({ url }) => url ?? []));
        for (const url of linked) {
          expect(targets.has(url) || (!linksInTables && all.includes(url)), url).toBe(true);
        }
        for (const url of refused) expect(all).toContain(url);
        expect([...targets].filter((url) => !mayLinkTo(url))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('shows text that is nothing but markup as it was written', () => {
    for (const markdown of [
      '#',
      '![]()',
      '[]()',
      '- ',
      '> ',
      '```\n```',
      '&#8203;',
      '[a]: b\n# ',
      '| &nbsp; |\n| - |\n| &#8203; |',
    ]) {
      expect(textOf(render(markdown)).trim(), markdown).toContain(markdown.trim().split('\n')[0]);
    }
  });

  it('shows something of all that isn’t blank', () => {
    fc.assert(
      fc.property(markupAlone, (markdown) => {
        fc.pre(!isBlank(markdown));
        const seen = textOf(render(markdown));
        expect(isBlank(seen) && !seesRule(markdown), JSON.stringify(seen)).toBe(false);
      }),
      // A rule is to be seen within a quote and a list, too.
      { numRuns: 200, examples: [['>****'], ['- ***'], ['> > - ---']] },
    );
  });
});

/** Of what makes markup, with hardly a word in it. */
const markupAlone = fc
  .array(
    fc.constantFrom(
      ...[
        '#',
        '*',
        '**',
        '_',
        '~~',
        '`',
        '```',
        '>',
        '-',
        '+',
        '1.',
        '|',
        '\\',
        '!',
        '<',
        '&',
        ':',
      ],
      ...[
        '[]',
        '()',
        '![]()',
        '[a]: b',
        '&#8203;',
        '&nbsp;',
        '\u200b',
        ' ',
        '\n',
        '\n\n',
        '    ',
        '\t',
        'x',
      ],
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((pieces) => pieces.join(''));

/** A platform may have a line of its own for a rule, which is no text. */
const seesRule = (markdown: string): boolean => hasRule(parseDocument(markdown));

function hasRule(blocks: readonly Block[]): boolean {
  return blocks.some((block) => {
    if (block.kind === 'quote') return hasRule(block.blocks);
    if (block.kind === 'list') return block.items.some(hasRule);
    return block.kind === 'rule';
  });
}
