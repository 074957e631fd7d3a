/** Searches for the post of an earlier attempt, and decides whether a message may be sent again where nobody can search. */
import { lastNumber, type AttemptLog } from '../domain/attemptLog.js';
import {
  DEFAULT_RESENDS,
  DeliveryError,
  type Attempt,
  type Receipt,
  type SearchPosition,
} from '../domain/delivery.js';
import type { DestinationAdapter, Part, PostQuery } from '../destinations/destination.js';
import { withoutPosting } from '../http/failure.js';
import type { DeliverInput } from '../contract/deliver.js';
import { partsOf } from '../domain/destination.js';

/** How long after an attempt its post may become visible, where the platform may still be processing the request. */
const LATEST_POST_MS = 60 * 60_000;
/**
 * The same where the platform answered that it refuses. Short, because a search reads all posts up to that time: when thousands are
 * retried in one channel, it would read the posts of all that were retried before.
 */
const LATEST_REFUSED_POST_MS = 60_000;

export interface PostToFind {
  input: DeliverInput;
  log: AttemptLog;
  part: Part | undefined;
  /** The post in whose thread it would be. */
  replyTo?: Receipt | undefined;
}

export interface EarlierPost {
  /** Undefined where there was nothing to search for. */
  lookup?: Attempt['lookup'];
  receipt?: Receipt | undefined;
}

/**
 * Searches for what earlier attempts have sent, unless the platform itself makes one post of them all (`repeated`). `refused`: the
 * platform can't be searched, or doesn't let this account search. Rejects with a `transient` DeliveryError, or one about the
 * credentials, where the search failed.
 *
 * @param savePosition is called with the place where the next attempt would continue
 */
export async function findEarlierPost(
  adapter: DestinationAdapter,
  { input, log, part, replyTo }: PostToFind,
  savePosition: (position: SearchPosition) => void,
): Promise<EarlierPost> {
  const as = replyTo ? 'reply' : 'post';
  if (adapter.ownIdempotency === true) {
    return log.sentAs(as).length > 0 ? { lookup: 'repeated' } : {};
  }
  const find = adapter.find?.bind(adapter);
  // A platform that can't be searched has to be believed where it says that it refused a request.
  const sent = find ? log.sentAs(as) : log.unresolved();
  if (sent.length === 0 && !(part?.first && log.endsWithFoundPost)) return {};
  if (!find) return { lookup: 'refused' };
  const query: PostQuery = {
    path: partsOf(input).path,
    deliveryId: input.deliveryId,
    ...timeOf(sent),
    part,
    replyTo,
    continueAt: log.searchPosition(as),
    savePosition,
  };
  try {
    const receipt = await withoutPosting('The destination', () => find(query));
    return { lookup: receipt ? 'found' : 'absent', receipt };
  } catch (error) {
    const isRefused = error instanceof DeliveryError && error.outcome === 'permanent';
    if (isRefused && error.reason !== 'credentials_rejected') return { lookup: 'refused' };
    throw error;
  }
}

/** When the post of these attempts would have been made. */
function timeOf(sent: readonly Attempt[]): Pick<PostQuery, 'since' | 'until'> {
  const since = new Date(sent[0]?.startedAt ?? 0);
  const latest = sent.map(({ startedAt, durationMs, outcome }) =>
    // Of a lost worker's attempt only is known that it began later than this.
    startedAt === undefined || durationMs === undefined
      ? Number.POSITIVE_INFINITY
      : Date.parse(startedAt) +
        durationMs +
        (outcome === 'ambiguous' ? LATEST_POST_MS : LATEST_REFUSED_POST_MS),
  );
  const until = Math.max(...latest);
  return sent.length > 0 && until < Date.now() ? { since, until: new Date(until) } : { since };
}

/**
 * Where the search is refused, a message may be sent again as often as its `onAmbiguous` and its retry profile allow. Attempts
 * before a person's retry don't count: the person has decided about them.
 *
 * @throws DeliveryError `outcome_unknown` when it may not
 */
export function assertMayResend(
  { decidedUpTo, earlierAttempts, onAmbiguous, retry }: DeliverInput,
  log: AttemptLog,
): void {
  const unknown = log.unresolved(decidedUpTo ?? lastNumber(earlierAttempts));
  const resends = onAmbiguous === 'resend' ? (retry.resends ?? DEFAULT_RESENDS) : 0;
  if (unknown.length > resends) throw outcomeUnknown(unknown);
}

function outcomeUnknown(attempts: readonly Attempt[]): DeliveryError {
  const since = attempts[0]?.startedAt ?? 'an unknown time';
  const what = attempts.length === 1 ? 'An attempt' : `Each of ${attempts.length} attempts`;
  return new DeliveryError(
    `${what} since ${since} may have posted it, and the destination can’t be searched: ` +
      'check the destination, then retry if the message is missing, or discard it if it is there.',
    { outcome: 'permanent', reason: 'outcome_unknown' },
  );
}
