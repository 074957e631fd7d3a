import type { KnownBlock } from '@slack/web-api';
import { plainMrkdwn, richTextToMrkdwn } from './mrkdwn.js';
import { shortenedMrkdwn } from './shortenRichText.js';

/** Slack cuts longer text, wherever that is: https://docs.slack.dev/changelog/2018-truncating-really-long-messages */
export const TEXT_LIMIT = 40_000;

const GAP = '\n\n';

/** The same words as these blocks, of the kinds that this adapter makes, as one text of Slack’s markup. */
export function plainTextOf(blocks: readonly KnownBlock[]): string {
  const whole = blocks.map(blockToMrkdwn);
  const excess = whole.join(GAP).length - TEXT_LIMIT;
  return excess <= 0 ? whole.join(GAP) : shortenedBlocks(blocks, excess).join(GAP);
}

/** Escaped characters can make more of the text than fits. It is cut from its end; title and source stay. */
function shortenedBlocks(blocks: readonly KnownBlock[], excess: number): string[] {
  let left = excess;
  const texts = blocks.toReversed().map((block) => {
    const whole = blockToMrkdwn(block);
    if (left <= 0 || block.type !== 'rich_text') return whole;
    const text = shortenedMrkdwn(block.elements, whole.length - left);
    left -= whole.length - text.length;
    return text;
  });
  return texts.reverse().filter((text) => text !== '');
}

function blockToMrkdwn(block: KnownBlock): string {
  switch (block.type) {
    case 'header':
      return `*${plainMrkdwn(block.text.text)}*`;
    case 'rich_text':
      return richTextToMrkdwn(block.elements);
    case 'context':
      return block.elements
        .map((element) => ('text' in element ? textToMrkdwn(element) : ''))
        .join(' ');
    default:
      return '';
  }
}

function textToMrkdwn({ text, type }: { text: string; type: string }): string {
  return type === 'mrkdwn' ? text : plainMrkdwn(text);
}
