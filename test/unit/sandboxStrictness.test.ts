/** What the real platforms refuse or change, the sandbox does too. */
import { describe, expect, it } from 'vitest';
import { checkBlocks } from '../../src/sandbox/slack/blocks.js';
import { readMrkdwn } from '../../src/sandbox/slack/mrkdwn.js';
import { cardSchema } from '../../src/sandbox/webhook/cardSchema.js';

const richText = (...elements: object[]) => [{ type: 'rich_text', elements }];
const section = (...elements: object[]) => ({ type: 'rich_text_section', elements });
const text = { type: 'text', text: 'a' };

describe('rich text', () => {
  it.each([
    ['a section', richText(section(text, { type: 'link', url: 'https://example.com' }))],
    [
      'a list',
      richText({ type: 'rich_text_list', style: 'ordered', indent: 8, elements: [section(text)] }),
    ],
    ['styles', richText(section({ ...text, style: { bold: true, code: true } }))],
    ['an emoji', richText(section({ type: 'emoji', name: 'party-parrot' }))],
  ])('may have %s', (_what, blocks) => {
    expect(checkBlocks(blocks)).toBeUndefined();
  });

  it.each([
    ['no elements', richText()],
    ['an empty section', richText(section())],
    ['empty text', richText(section({ type: 'text', text: '' }))],
    ['text of another type', richText(section({ type: 'mrkdwn', text: 'a' }))],
    ['an unknown style', richText(section({ ...text, style: { blink: true } }))],
    ['a style that is a word', richText(section({ ...text, style: 'bold' }))],
    ['a link without an address', richText(section({ type: 'link', text: 'a' }))],
    ['an emoji that is no name', richText(section({ type: 'emoji', name: 'a b' }))],
    ['text outside of a section', richText(text)],
    ['a list of text', richText({ type: 'rich_text_list', style: 'bullet', elements: [text] })],
    [
      'a list in a list',
      richText({
        type: 'rich_text_list',
        style: 'bullet',
        elements: [{ type: 'rich_text_list', style: 'bullet', elements: [section(text)] }],
      }),
    ],
    [
      'a list that is too deep',
      richText({ type: 'rich_text_list', style: 'bullet', indent: 9, elements: [section(text)] }),
    ],
    [
      'an emoji in code',
      richText({ type: 'rich_text_preformatted', elements: [{ type: 'emoji', name: 'x' }] }),
    ],
    ['a field that it doesn’t know', richText({ ...section(text), indent: 1 })],
  ])('can’t have %s', (_what, blocks) => {
    expect(checkBlocks(blocks)?.error).toBe('invalid_blocks');
  });
});

describe('a card', () => {
  const card = (body: object[], more: object = {}) =>
    cardSchema.safeParse({ type: 'AdaptiveCard', version: '1.4', body, ...more }).success;
  const run = { type: 'TextRun', text: 'a' };

  it.each([
    ['a rich text block', [{ type: 'RichTextBlock', inlines: [run, 'b'] }]],
    ['a container', [{ type: 'Container', items: [{ type: 'TextBlock', text: 'a' }] }]],
  ])('may have %s', (_what, body) => {
    expect(card(body)).toBe(true);
  });

  it.each([
    ['an unknown element', [{ type: 'Blockquote', items: [] }], {}],
    ['an unknown element inside', [{ type: 'Container', items: [{ type: 'Text' }] }], {}],
    ['a text block without text', [{ type: 'TextBlock' }], {}],
    ['an unknown size', [{ type: 'TextBlock', text: 'a', size: 'Huge' }], {}],
    ['an inline that is no run', [{ type: 'RichTextBlock', inlines: [{ text: 'a' }] }], {}],
    ['a version that Teams doesn’t know', [], { version: '1.9' }],
    ['no version', [], { version: undefined }],
    ['an unknown action', [], { actions: [{ type: 'Action.Run' }] }],
    [
      'a button that opens a program',
      [],
      { actions: [{ type: 'Action.OpenUrl', title: 'a', url: 'ms-msdt:/id' }] },
    ],
    [
      'a run that opens a program',
      [
        {
          type: 'RichTextBlock',
          inlines: [{ ...run, selectAction: { type: 'Action.OpenUrl', url: 'file:///a' } }],
        },
      ],
      {},
    ],
  ])('can’t have %s', (_what, body, more) => {
    expect(card(body, more)).toBe(false);
  });
});

describe('mrkdwn', () => {
  const look = (markup: string): string =>
    readMrkdwn(markup)
      .map(({ kind, runs }) =>
        [
          ...(kind === 'text' ? [] : [`${kind}:`]),
          ...runs.map(({ text: shown, styles, url, emoji }) =>
            [
              styles.join('+'),
              url === undefined ? '' : `→${url}`,
              emoji === undefined ? '' : 'emoji',
            ].join('') === ''
              ? shown
              : `[${[...styles, ...(url === undefined ? [] : [`→${url}`]), ...(emoji === undefined ? [] : ['emoji'])].join(' ')}|${shown}]`,
          ),
        ].join(''),
      )
      .join('\n');

  it.each([
    ['*a* _b_ ~c~', '[bold|a] [italic|b] [strike|c]'],
    ['*_a_ b*', '[bold italic|a][bold| b]'],
    ['(*a*)', '([bold|a])'],
    ['a*b*', 'a*b*'],
    ['*a*b', '*a*b'],
    ['* a *', '* a *'],
    ['*\u200Ba\u200B*', '*\u200Ba\u200B*'],
    ['a\u200B*b*\u200Bc', 'a\u200B[bold|b]\u200Bc'],
    ['*a\nb*', '*a\nb*'],
    ['`*a*`', '[code|*a*]'],
    ['```\n*a*\n```', 'code:*a*'],
    ['&gt; a', 'quote:a'],
    ['<https://e.example|*a*>', '[→https://e.example|*a*]'],
    ['&lt;b&gt; &amp;amp;', '<b> &amp;'],
    [':x: 12:30:45', '[emoji|:x:] 12:30:45'],
    ['kube_pod_name', 'kube_pod_name'],
  ])('%j is shown as %j', (markup, shown) => {
    expect(look(markup)).toBe(shown);
  });
});
