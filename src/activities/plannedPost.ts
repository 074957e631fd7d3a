/** A message takes one post or several: which of them the present attempt is to make. */
import type { DestinationAdapter, Part, Show } from '../destinations/destination.js';
import type { PostedResult } from '../contract/deliver.js';
import type { OpenedInput } from './openedInput.js';
import type { Attempt, PostedParts, Receipt, Shortening } from '../domain/delivery.js';
import { callTracked } from '../http/sending.js';
import type { MessagePage } from '../domain/messagePage.js';

export interface PlannedPost {
  message: Show;
  /** Undefined where the message takes one post. */
  part: Part | undefined;
  /** Set where the destination will show only the beginning of the text. */
  shortened: Shortening | undefined;
}

/** The first post that isn't made yet. Rejects only with DeliveryError. */
export async function planPost(
  adapter: DestinationAdapter,
  { content, correlation, posted }: Pick<OpenedInput, 'content' | 'correlation' | 'posted'>,
  page: MessagePage,
): Promise<PlannedPost> {
  // What was begun in parts goes on in parts, whatever the account's settings are by now.
  const inParts = posted === undefined ? 'never' : posted === null ? 'as configured' : 'always';
  const message: Show = {
    content,
    correlation,
    page: posted ? asPosted(page, posted) : page,
    inParts,
  };
  const { parts, shortened } = await callTracked('the destination', () =>
    Promise.resolve(adapter.layout(message)),
  );
  const number = (posted?.count ?? 0) + 1;
  const of = Math.max(parts, number);
  const part = of === 1 ? undefined : { number, of, first: posted?.receipt };
  return { message, part, shortened };
}

/** The first part is posted, with or without a link: the text goes on where that part ends, whatever the configuration is by now. */
function asPosted(page: MessagePage, { linkLength }: PostedParts): MessagePage {
  const footer = linkLength === undefined ? undefined : 'https://'.padEnd(linkLength, 'x');
  return { ...page, footer };
}

/** One post, or the new content of one. Rejects only with DeliveryError. */
export async function planShown(adapter: DestinationAdapter, message: Show): Promise<PlannedPost> {
  const { shortened } = await callTracked('the destination', () =>
    Promise.resolve(adapter.layout(message)),
  );
  return { message, part: undefined, shortened };
}

/** @param receipt of the planned post */
export function resultOf(
  receipt: Receipt,
  { message, part, shortened }: PlannedPost,
  attempts: Attempt[],
): PostedResult {
  const soFar = part?.first?.shortened ?? shortened;
  const shownLess = receipt.shortened ? lessBy(receipt.shortened, shortened, soFar) : soFar;
  const whole: Receipt = {
    ...(part?.first ?? receipt),
    ...(part && { parts: part.of }),
    ...(shownLess && { shortened: shownLess }),
    ...(receipt.plainText !== undefined && { plainText: receipt.plainText }),
  };
  if (!part || part.number === part.of) return { receipt: whole, attempts };
  const linkLength = message.page.footer?.length;
  const posted: PostedParts = {
    ...{ receipt: whole, count: part.number, of: part.of },
    ...(linkLength !== undefined && { linkLength }),
  };
  return { receipt: whole, attempts, posted };
}

/**
 * How much of the message is shown, where this post shows less than planned.
 *
 * @param made with this post, if the others are as planned
 * @param soFar with the posts before it, if the others are as planned
 */
function lessBy(
  { of, shown }: Shortening,
  planned: Shortening | undefined,
  soFar: Shortening | undefined,
): Shortening {
  const leftOut = (planned?.shown ?? of) - shown;
  return { of, shown: Math.max(0, (soFar?.shown ?? of) - leftOut) };
}
