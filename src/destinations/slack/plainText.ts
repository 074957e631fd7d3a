import type { KnownBlock } from '@slack/web-api';
import { plainMrkdwn, richTextToMrkdwn } from './mrkdwn.js';

/** The same words as these blocks, of the kinds that this adapter makes, as one text of Slack’s markup. */
export function plainTextOf(blocks: readonly KnownBlock[]): string {
  return blocks.map(blockToMrkdwn).join('\n\n');
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
