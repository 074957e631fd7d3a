import { describe, expect, it } from 'vitest';
import { byLink, textOf, type Block } from '../../../src/destinations/document/document.js';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { expectProcessorMsBelow } from '../../processorTime.js';

/** As a reader sees it: links as `label <url>`. */
function shown(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return byLink(block.runs)
        .map((runs) => {
          const url = runs[0]?.link?.url;
          return url === undefined || url === textOf(runs)
            ? textOf(runs)
            : `${textOf(runs)} <${url}>`;
        })
        .join('');
    case 'quote':
      return block.blocks.map((each) => `> ${shown(each)}`).join('\n');
    case 'list':
      return block.items.map((item) => `- ${item.map(shown).join('\n')}`).join('\n');
    default:
      return block.kind;
  }
}
const shownOf = (markdown: string): string => parseDocument(markdown).map(shown).join('\n\n');

describe('a definition that no link uses', () => {
  it.each([
    '[FIRING]: HighLatency',
    '[prod-db-1]: OOMKilled\nCheck memory.',
    'Failed hosts:\n\n[web1]: https://g.x/1\n[web2]: https://g.x/2',
    '[^1]: note',
    '[CRITICAL]: disk "full now"',
    '[RESOLVED]: <b> (as before)',
    '[a]:\nb\n"c\nd"',
    '> [web1]: down',
    '- [web1]: down\n- [web2]: down',
    '[toString]: x\n[constructor]: y',
  ])('is text: %j', (markdown) => {
    expect(shownOf(markdown)).toBe(markdown);
  });

  it.each([
    [
      '[up]: down\r\n[docs]: https://g.x/1\r\nSee [docs].',
      '[up]: down\n\nSee docs <https://g.x/1>.',
    ],
    ['![i][a]\n\n[a]: https://g.x/a\n[b]: bad', 'i <https://g.x/a>\n\n[b]: bad'],
    ['[a]\n\n[a]: https://g.x/a\n[A]: https://g.x/b', 'a <https://g.x/a>\n\n[A]: https://g.x/b'],
    ['> [up]: down\n> [docs]: https://g.x/1\n\n[docs]', '> [up]: down\n\ndocs <https://g.x/1>'],
    ['[a]: `x\nfoo [b] `\n\n[b]: https://g.x/b', '[a]: x foo [b] \n\n[b]: https://g.x/b'],
  ])('leaves those that are used: %j', (markdown, text) => {
    expect(shownOf(markdown)).toBe(text);
  });

  it('takes no longer than other text', () => {
    const numbered = Array.from({ length: 8_000 }, (_, index) => `[a${index}]: x\n[b]: y`);
    expectProcessorMsBelow(4_000, () => {
      parseDocument('[a]: x "y\n'.repeat(12_000));
      parseDocument(numbered.join('\n'));
    });
  });
});
