/** One attempt: at most one post, after a search for what earlier attempts have posted. */
import { CancelledFailure } from '@temporalio/activity';
import type { DeliverInput } from '../contract/deliver.js';
import type { DestinationAdapter } from '../destinations/destination.js';
import type { AttemptLog } from '../domain/attemptLog.js';
import { DeliveryError, type Attempt, type Receipt } from '../domain/delivery.js';
import { partsOf, type Destination } from '../domain/destination.js';
import type { MessagePage } from '../domain/messagePage.js';
import { asDeliveryError } from '../http/failure.js';
import { callTracked } from '../http/sending.js';
import { assertMayResend, findEarlierPost } from './earlierPost.js';
import type { Lease } from './lease.js';
import { planPost, type PlannedPost } from './plannedPost.js';

export type AttemptResult = Pick<Attempt, 'lookup' | 'search'> &
  (
    | { receipt: Receipt; planned: PlannedPost; error?: undefined; whileSearching?: undefined }
    | {
        receipt?: undefined;
        planned?: PlannedPost | undefined;
        error: DeliveryError;
        /** Whether it failed while it searched, before it would have posted. */
        whileSearching: boolean;
      }
  );

/** A platform limits searches by themselves: their limit says nothing about how fast the account may post. */
export function saysNothingAboutAccount(attempt: AttemptResult): boolean {
  return attempt.whileSearching === true && attempt.error.reason === 'rate_limited';
}

/** Searches first where an earlier attempt has sent something, then posts. */
export async function makeAttempt(
  adapter: DestinationAdapter | undefined,
  input: DeliverInput,
  page: MessagePage,
  log: AttemptLog,
  lease: Lease,
): Promise<AttemptResult> {
  let lookup: Attempt['lookup'];
  let planned: PlannedPost | undefined;
  let search = log.searchPosition();
  let whileSearching = false;
  try {
    if (!adapter) throw accountNotConfigured(input.destination);
    planned = await planPost(adapter, input, page);
    const { message, part } = planned;
    whileSearching = true;
    const earlier = await findEarlierPost(adapter, { input, log, part }, (position) => {
      search = position;
    });
    lookup = earlier.lookup;
    search = undefined;
    whileSearching = false;
    if (earlier.receipt) return { receipt: earlier.receipt, lookup, planned };
    if (lookup === 'refused') assertMayResend(input, log);
    await lease.assertHeld();
    if (input.expiresAt !== undefined && Date.now() >= Date.parse(input.expiresAt)) {
      throw expired(input.expiresAt);
    }
    const { deliveryId, traceId } = input;
    const post = { ...message, deliveryId, path: partsOf(input).path, traceId, part };
    const receipt = await callTracked('the destination', () => adapter.post(post));
    return { receipt, lookup, planned };
  } catch (error) {
    if (error instanceof CancelledFailure) throw error;
    const failure = asDeliveryError(error, 'The destination');
    return { error: failure, lookup, planned, search, whileSearching };
  }
}

function expired(at: string): DeliveryError {
  return new DeliveryError(`The message expired at ${at}: nothing was sent.`, {
    outcome: 'permanent',
    reason: 'expired',
  });
}

function accountNotConfigured(destination: Destination): DeliveryError {
  return new DeliveryError(
    `This worker has no account for ${destination}: add it to the worker’s configuration, then retry.`,
    { outcome: 'permanent', reason: 'account_not_configured' },
  );
}
