/** Searches a place's posts page by page, newest first, over as many attempts as that takes. */
import { DeliveryError, type Receipt, type SearchPosition } from '../domain/delivery.js';
import { asTransient, transient } from '../http/failure.js';
import type { PostQuery } from './destination.js';

/** Which page to read. */
export interface PageRequest {
  /** Posts made earlier need not be on the page. */
  since: Date;
  /** The platform's cursor; undefined for the newest page. */
  cursor: string | undefined;
}

export interface SearchedPage {
  /** The post, where it is on this page. */
  found?: Receipt | undefined;
  /** Of the next page; undefined where no later page can have posts since `since`. */
  cursor?: string | undefined;
}

/** Microsoft Graph's are the longest, with a few hundred characters. A longer one is not kept: the next attempt begins again. */
const LONGEST_KEPT_CURSOR = 2_000;

/**
 * Reads pages until the post is found, or certainly isn't there. A search that an earlier attempt began continues at its
 * cursor; the posts that were made since it began are read after that. Where the platform no longer accepts a cursor, the
 * search begins again.
 *
 * @param readPage rejects with DeliveryError
 * @param timeLimitMs after which no further page is begun: then it rejects with a `transient` DeliveryError
 */
export async function searchPages(
  { since, until, continueAt, savePosition }: PostQuery,
  timeLimitMs: number,
  readPage: (request: PageRequest) => Promise<SearchedPage>,
): Promise<Receipt | undefined> {
  const began = new Date();
  const startedAt = began.toISOString();
  const whole: SearchPosition = { since: since.toISOString(), startedAt };
  let position = startingPosition(continueAt, whole);
  let hasRestarted = false;
  const moveTo = (next: SearchPosition): void => {
    position = next;
    if ((next.cursor?.length ?? 0) <= LONGEST_KEPT_CURSOR) savePosition?.(next);
  };
  for (;;) {
    const { cursor } = position;
    const page = await readPage({ since: new Date(position.since), cursor }).catch(
      (error: unknown) => {
        if (cursor === undefined || !isRefusal(error)) throw error;
        // The account may search, since it was given a cursor.
        if (hasRestarted) throw asTransient(error);
        return undefined;
      },
    );
    if (page?.found) return page.found;
    if (!page) {
      hasRestarted = true;
      moveTo(whole);
    } else if (page.cursor !== undefined) {
      moveTo({ ...position, cursor: page.cursor });
    } else if (position.startedAt !== startedAt && !(until && until <= began)) {
      moveTo({ since: position.startedAt, startedAt });
    } else {
      return undefined;
    }
    if (Date.now() - began.getTime() > timeLimitMs) throw tooSlow();
  }
}

/** Without a cursor the newest page is read now, so the search of what is newer than it begins now. */
function startingPosition(
  continueAt: SearchPosition | undefined,
  whole: SearchPosition,
): SearchPosition {
  if (!continueAt) return whole;
  return continueAt.cursor === undefined ? { ...whole, since: continueAt.since } : continueAt;
}

function isRefusal(error: unknown): error is DeliveryError {
  return (
    error instanceof DeliveryError &&
    error.outcome === 'permanent' &&
    error.reason !== 'credentials_rejected'
  );
}

function tooSlow(): DeliveryError {
  return new DeliveryError(
    'The messages since the first attempt could not all be read within the time limit: the next attempt continues the search.',
    transient('timeout'),
  );
}
