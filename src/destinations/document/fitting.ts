/** A document as much of it as fits into a destination's posts, and what is said where that isn't all. */
import type { Shortening } from '../../domain/delivery.js';
import type { MessagePage } from '../../domain/messagePage.js';
import { describeShortening } from '../../domain/shortening.js';
import { plainRun, type Block, type Run } from './document.js';
import { lengthOf, shortenDocument } from './shorten.js';

export interface FittingDocument {
  /** Where it is shortened, its last block says so, and where the whole is. */
  blocks: readonly Block[];
  shortened?: Shortening;
}

/**
 * The document where it fits, else its longest beginning that fits with the notice below it.
 *
 * @param text the Markdown that the document was parsed from
 */
export function fittingDocument(
  text: string,
  document: readonly Block[],
  page: MessagePage,
  fits: (blocks: readonly Block[]) => boolean,
): FittingDocument {
  if (fits(document)) return { blocks: document };
  const of = Array.from(text).length;
  const length = lengthOf(document);
  const shorteningTo = (beginning: readonly Block[]): Shortening => ({
    shown: Math.floor((of * Math.min(lengthOf(beginning), length)) / length),
    of,
  });
  const withNotice = (beginning: readonly Block[]): Block[] => [
    ...beginning,
    noticeOf(shorteningTo(beginning), page),
  ];
  const beginning = shortenDocument(document, (blocks) => fits(withNotice(blocks))) ?? [];
  return { blocks: withNotice(beginning), shortened: shorteningTo(beginning) };
}

/** As `… shortened: 12,345 of 30,000 characters are shown. Show the whole text`. */
export function noticeOf(shortening: Shortening, page: MessagePage): Block {
  return {
    kind: 'paragraph',
    runs: [plainRun(`… ${describeShortening(shortening)}. `), ...wholeText(page)],
  };
}

function wholeText({ deduplicationKey, link, url: plain }: MessagePage): Run[] {
  // Who may follow the link in the footer may follow this one.
  const url = link ?? plain;
  if (url !== undefined) return [{ text: 'Show the whole text', styles: [], link: { url } }];
  return [
    plainRun('The whole text is on the page of the message '),
    { text: deduplicationKey, styles: ['code'] },
    plainRun(' in sendproof.'),
  ];
}
