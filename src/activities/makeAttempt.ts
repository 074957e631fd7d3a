/** One attempt: at most one post, after a search for what earlier attempts have posted. */
import { CancelledFailure } from '@temporalio/activity';
import type { ConversationAnswer } from '../contract/conversation.js';
import type { Turn } from '../contract/deliver.js';
import type { DestinationAdapter } from '../destinations/destination.js';
import type { AttemptLog } from '../domain/attemptLog.js';
import { DeliveryError, type Attempt, type Receipt } from '../domain/delivery.js';
import { partsOf, type Destination } from '../domain/destination.js';
import type { PageOf } from '../domain/messagePage.js';
import { asDeliveryError } from '../http/failure.js';
import { openTitle } from '../store/sealedMessages.js';
import type { ContentVault } from '../temporal/erasure/contentVault.js';
import { callTracked } from '../http/sending.js';
import {
  askConversation,
  ConversationUnavailable,
  contentFor,
  platformAct,
  type Abilities,
  type Conversations,
  type Done,
  type PlatformAct,
} from './conversations.js';
import { assertMayResend, findEarlierPost, type EarlierPost } from './earlierPost.js';
import type { Lease } from './lease.js';
import type { OpenedInput } from './openedInput.js';
import { planPost, planShown, type PlannedPost } from './plannedPost.js';

export interface AttemptContext {
  /** Undefined when this worker has no such account. */
  adapter: DestinationAdapter | undefined;
  /** What the platform can do at this destination. */
  capabilities: () => Abilities;
  input: OpenedInput;
  /** The message's deduplication key. */
  key: string;
  pageOf: PageOf;
  log: AttemptLog;
  lease: Lease;
  conversations: Conversations;
  /** Opens the titles of other messages. */
  vault: () => ContentVault;
}

export type AttemptResult = Pick<Attempt, 'as' | 'lookup' | 'search'> &
  (
    | ({ receipt: Receipt; planned: PlannedPost; done: Done } & Nothing<
        'error' | 'turn' | 'whileSearching'
      >)
    /** Nothing was sent, because of the conversation. */
    | ({ turn: Turn } & Nothing<'receipt' | 'error' | 'planned' | 'whileSearching'>)
    | ({
        planned?: PlannedPost | undefined;
        error: DeliveryError;
        /** Set where the delivery asks its conversation again. */
        turn?: Turn | undefined;
        /** Whether it failed while it searched, before it would have posted. */
        whileSearching: boolean;
      } & Nothing<'receipt'>)
  );

type Nothing<Names extends string> = Partial<Record<Names, undefined>>;

const BY_ITSELF = { act: { act: 'post' }, as: { kind: 'post' } } as const;

/**
 * A platform limits searches and edits apart from posts: their limits say nothing about how fast the account may post.
 */
export function saysNothingAboutAccount({ as, error, whileSearching }: AttemptResult): boolean {
  return error?.reason === 'rate_limited' && (whileSearching === true || as === 'edit');
}

/**
 * Searches first where an earlier attempt has sent something, asks the conversation where there is one, then posts.
 *
 * @throws ConversationUnavailable
 */
export async function makeAttempt(context: AttemptContext): Promise<AttemptResult> {
  const { adapter, input, key, lease, log, pageOf } = context;
  let lookup: Attempt['lookup'];
  let planned: PlannedPost | undefined;
  let act: PlatformAct = { kind: 'post' };
  let search = log.searchPosition();
  let whileSearching = false;
  try {
    if (!adapter) throw accountNotConfigured(input.destination);
    planned = await planPost(adapter, input, pageOf(key));
    const { part } = planned;
    const find = async (replyTo?: Receipt) => {
      whileSearching = true;
      const earlier = await findEarlierPost(adapter, { input, log, part, replyTo }, (position) => {
        search = position;
      });
      search = undefined;
      whileSearching = false;
      return earlier;
    };
    const inChannel = await find();
    if (inChannel.receipt)
      return { ...inChannel, receipt: inChannel.receipt, planned, done: BY_ITSELF };

    const answer = await askFirst(context);
    if (answer.act === 'wait') return { turn: { kind: 'wait', behind: answer.behind } };
    if (answer.act === 'nothing') return { turn: { kind: 'superseded', by: answer.supersededBy } };
    if (answer.act === 'adopt') {
      // All of it is posted: an edit or an answer takes one post, whatever the message would take by itself.
      const whole = { ...planned, part: undefined };
      return { receipt: answer.receipt, lookup: 'found', planned: whole, done: 'adopted' };
    }
    if (answer.act !== 'post') {
      act = platformAct(answer, context.capabilities());
      const shown = contentFor(await withOpenTitle(act, context.vault), planned.message, pageOf);
      planned = await planShown(adapter, shown);
    }
    const done = { act: answer, as: act };
    const inThread: EarlierPost = act.kind === 'reply' ? await find(act.root.receipt) : {};
    if (inThread.receipt) {
      return { ...inThread, receipt: inThread.receipt, planned, done, as: 'reply' };
    }
    // Only now: after a search that was not finished, the next attempt searches again.
    lookup = resultOfBoth(inChannel, inThread);
    if (lookup === 'refused' && act.kind !== 'edit') assertMayResend(input, log);
    await lease.assertHeld();
    if (input.expiresAt !== undefined && Date.now() >= Date.parse(input.expiresAt)) {
      throw expired(input.expiresAt);
    }
    const receipt = await send(adapter, input, act, planned);
    return { receipt, lookup, planned, done, as: asOf(act) };
  } catch (error) {
    if (error instanceof CancelledFailure || error instanceof ConversationUnavailable) throw error;
    const failure = asDeliveryError(error, 'The destination');
    const turn = askAgain(failure, act);
    return { error: failure, lookup, planned, search, whileSearching, as: asOf(act), turn };
  }
}

/** Where one search was refused, it stays unknown whether that place has the post. */
function resultOfBoth(inChannel: EarlierPost, inThread: EarlierPost): Attempt['lookup'] {
  return inChannel.lookup === 'refused' ? 'refused' : (inThread.lookup ?? inChannel.lookup);
}

/** What follows the first part of a message, which has its turn, is posted without another question. */
async function askFirst({
  conversations,
  input,
  key,
}: AttemptContext): Promise<ConversationAnswer> {
  const { conversation, posted } = input;
  if (!conversation || posted) return { act: 'post' };
  return await askConversation(conversations, conversation, input, key);
}

/** One request. */
async function send(
  adapter: DestinationAdapter,
  { conversation, deliveryId, destination, parts, traceId }: OpenedInput,
  act: PlatformAct,
  { message, part }: PlannedPost,
): Promise<Receipt> {
  const { path } = partsOf({ destination, parts });
  const edit = adapter.edit?.bind(adapter);
  if (act.kind === 'edit' && edit) {
    const { deliveryId: rootId, receipt } = act.root;
    const change = { ...message, deliveryId: rootId, path, traceId, post: receipt };
    return await callTracked('the destination', () => edit(change));
  }
  const answers =
    act.kind === 'reply'
      ? { replyTo: act.root.receipt, broadcast: conversation?.broadcast }
      : undefined;
  const post = { ...message, deliveryId, path, traceId, part, ...answers };
  return await callTracked('the destination', () => adapter.post(post));
}

/** The message that it follows is named by its title, as long as that can be had. */
async function withOpenTitle(act: PlatformAct, vault: () => ContentVault): Promise<PlatformAct> {
  if (act.kind !== 'follow_up' || act.root.title === undefined) return act;
  const { message, title } = act.root;
  return { ...act, root: { ...act.root, title: await openTitle(vault, message, title) } };
}

function asOf({ kind }: PlatformAct): Attempt['as'] {
  return kind === 'edit' || kind === 'reply' ? kind : undefined;
}

/** The post that it belongs to can't be changed or answered: the conversation says what follows. */
function askAgain({ reason: kind }: DeliveryError, act: PlatformAct): Turn | undefined {
  if (act.kind === 'post') return undefined;
  // Only another act changes the answer of the conversation: what isn't an edit would be asked about for ever.
  if (kind !== 'post_not_found' && (kind !== 'edit_refused' || act.kind !== 'edit'))
    return undefined;
  return { kind: 'again', rootFault: { kind, deliveryId: act.root.deliveryId } };
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
