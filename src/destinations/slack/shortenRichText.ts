/** The beginning of rich text whose markup would be too long. It is cut before it is written, so that no entity is cut. */
import { cutPoint, longestFitting } from '../../lib/cutText.js';
import { richTextToMrkdwn } from './mrkdwn.js';
import { lengthOfRichText, type RichText } from './richText.js';

/** The elements as mrkdwn of at most `limit` UTF-16 units: whole where that fits, else its beginning with an ellipsis. */
export function shortenedMrkdwn(elements: readonly RichText[], limit: number): string {
  const whole = richTextToMrkdwn(elements);
  if (whole.length <= limit) return whole;
  const beginning = (length: number): string =>
    [richTextToMrkdwn(beginningOf(elements, length)), '…'].filter(Boolean).join('\n');
  const length = longestFitting(Math.min(limit, lengthOf(elements)), (tried) => {
    return beginning(tried).length <= limit;
  });
  return length === 0 ? '' : beginning(length);
}

type Inline = Parameters<typeof lengthOfRichText>[0];

const lengthOf = (elements: readonly Inline[]): number =>
  elements.reduce((sum, element) => sum + lengthOfRichText(element), 0);

/** The elements of at most so many characters. Links and emoji stay whole; text is cut where a reader expects it. */
function beginningOf<Element extends Inline>(
  elements: readonly Element[],
  length: number,
): Element[] {
  const kept: Element[] = [];
  let left = length;
  for (const element of elements) {
    const size = lengthOfRichText(element);
    if (size > left) return [...kept, ...beginningOfElement(element, left)];
    kept.push(element);
    left -= size;
  }
  return kept;
}

function beginningOfElement<Element extends Inline>(element: Element, length: number): Element[] {
  if (length < 1) return [];
  if ('elements' in element) {
    const elements = beginningOf<Inline>(element.elements, length);
    return elements.length === 0 ? [] : [{ ...element, elements }];
  }
  if (element.type !== 'text') return [];
  return [{ ...element, text: element.text.slice(0, cutPoint(element.text, length)) }];
}
