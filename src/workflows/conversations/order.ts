import type {
  ConversationAnswer,
  ConversationClaim,
  ConversationReport,
  ConversationState,
  ConversationTurn,
  NewRoot,
  TurnHolder,
} from '../../contract/conversation.js';
import type { Receipt } from '../../domain/delivery.js';
import { comparePlaces } from '../../domain/place.js';

type Waiting = ConversationState['waiting'][number];

/** A turn with the message that it is sent to. */
export type AddressedTurn = ConversationTurn & { message: string };

/** Enough for those whose worker was lost after it reported: they ask again within seconds. */
const KEPT_DONE = 50;
/**
 * So many are known to wait, so that what is carried stays well below the 2 MiB that Temporal takes, and the turns below the 2,000
 * signals that it sends at a time. What isn't known asks again by itself, after the patience.
 */
export const MOST_WAITING = 1_000;

/**
 * The order of one conversation at one destination. One delivery has the turn at a time: it makes the root post, changes it, or
 * answers it, and reports. Of those that wait to change it, only the newest gets a turn, and the others are superseded once it
 * has reported. Times are epoch milliseconds, which the caller reads.
 */
export class ConversationOrder {
  readonly #state: ConversationState;
  #turns: AddressedTurn[] = [];

  constructor(carried: ConversationState | undefined, now: number) {
    this.#state = carried ?? { waiting: [], done: [], touchedAt: now, forgetAfterMs: 0 };
  }

  get state(): ConversationState {
    return this.#state;
  }

  get hasTurns(): boolean {
    return this.#turns.length > 0;
  }

  /** The turns to send, each of them once. */
  takeTurns(): AddressedTurn[] {
    const turns = this.#turns;
    this.#turns = [];
    return turns;
  }

  /** Answers a delivery that is about to make an attempt. */
  claim(claim: ConversationClaim, now: number): ConversationAnswer {
    const state = this.#state;
    const { deliveryId } = claim;
    state.touchedAt = now;
    state.forgetAfterMs = claim.forgetAfterMs;
    const receipt = this.#doneReceipt(deliveryId);
    if (receipt) return { act: 'adopt', receipt };

    this.#applyRootFault(claim);
    if (state.holder?.claim.deliveryId === deliveryId) {
      this.#repeat(claim, state.holder, now);
    } else {
      const waiting = this.#waitingOf(deliveryId);
      if (waiting) waiting.claim = claim;
      else state.waiting.push({ claim, since: now });
      this.#arrange(now, deliveryId);
      this.#limitWaiting();
    }
    return this.#answer(claim);
  }

  /** Records what became of a delivery. */
  report(report: ConversationReport, now: number): void {
    const state = this.#state;
    state.touchedAt = now;
    const { deliveryId } = report;
    const holder = state.holder?.claim.deliveryId === deliveryId ? state.holder : undefined;
    if (report.outcome === 'done') {
      if (this.#doneReceipt(deliveryId)) return;
      this.#recordDone(report, holder);
    } else {
      if (report.outcome === 'parked') this.#recordParked(report, holder, now);
      else this.#forgetParked(deliveryId);
      if (holder && report.outcome === 'ended') this.#loseTurn(holder);
      if (holder) state.holder = undefined;
      this.#stopWaiting(deliveryId);
    }
    this.#arrange(now);
  }

  /** Takes the turn from a delivery that others have waited for long enough, and gives up a root post that nobody decides on. */
  passTime(now: number): void {
    const state = this.#state;
    const { holder } = state;
    if (holder && holder.until <= now && this.#isLate(holder, now)) this.#loseTurn(holder);
    this.#arrange(now);
  }

  /** When `passTime` has something to do, at the earliest. */
  nextDueAt(): number {
    const { forgetAfterMs, holder, parked, touchedAt, waiting } = this.#state;
    const lateAt = holder && this.#lateAt(holder);
    if (holder && lateAt !== undefined) return Math.max(holder.until, lateAt);
    if (parked && waiting.length > 0) return parked.until;
    const forgetAt = touchedAt + forgetAfterMs;
    return holder ? Math.max(forgetAt, holder.until + holder.claim.patienceMs) : forgetAt;
  }

  /** Whether it can be forgotten: nothing happened for long, and nobody has the turn or waits for it. */
  mayEnd(now: number): boolean {
    return this.#state.waiting.length === 0 && !this.hasTurns && this.nextDueAt() <= now;
  }

  /** A delivery that has the turn asks before its next attempt. It keeps the turn, unless others go first by now. */
  #repeat(claim: ConversationClaim, holder: TurnHolder, now: number): void {
    const state = this.#state;
    const asks = { claim, since: holder.since };
    if (!holder.isOffered && this.#isLate(holder, now)) {
      this.#loseTurn(holder);
      this.#arrange(now);
      state.waiting.push({ ...asks, since: now });
      return;
    }
    const fits = (holder.act !== 'post') === (state.root !== undefined);
    // An edit that has failed so far may be overtaken, and so may one that has not begun.
    if (fits && !holder.isOffered && holder.act !== 'edit') {
      state.holder = { ...holder, claim, until: now + claim.attemptMs };
      return;
    }
    state.holder = undefined;
    state.waiting.push(asks);
    this.#arrange(now, claim.deliveryId, holder.newRoot);
  }

  #answer(claim: ConversationClaim): ConversationAnswer {
    const { holder, parked, root, shown } = this.#state;
    if (holder?.claim.deliveryId === claim.deliveryId) return answerTo(holder, this.#state);
    if (this.#waitingOf(claim.deliveryId) || !this.#isOvertaken(claim)) {
      return { act: 'wait', behind: (holder?.claim ?? parked ?? root ?? claim).message };
    }
    return { act: 'nothing', supersededBy: shown?.message ?? '' };
  }

  /** Leaves out what would get its turn last: the oldest change, which the newer ones overtake, or the newest answer. */
  #limitWaiting(): void {
    const { waiting } = this.#state;
    if (waiting.length <= MOST_WAITING) return;
    const changes = waiting.filter(({ claim }) => changesRoot(claim));
    const last =
      changes.length > 0
        ? changes.reduce((oldest, each) => (inOrder(each, oldest) < 0 ? each : oldest))
        : waiting.reduce((newest, each) => (inOrder(each, newest) > 0 ? each : newest));
    this.#stopWaiting(last.claim.deliveryId);
  }

  /** Whether what is shown is as new. An answer is content of its own. */
  #isOvertaken({ deliveryId, mode, place }: ConversationClaim): boolean {
    const { shown } = this.#state;
    if (!shown || !changesRoot({ mode }) || deliveryId === shown.deliveryId) return false;
    return comparePlaces(place, shown.place) <= 0;
  }

  /**
   * Gives the turn to the next delivery, if nobody has it, and supersedes those that are older than what is shown.
   *
   * @param asking the delivery that asks now: it is answered, and not signalled
   */
  #arrange(now: number, asking?: string, newRoot?: NewRoot): void {
    const state = this.#state;
    const offered = this.#takeBackOffer();
    this.#supersede(asking);
    if (state.holder) return;

    const next = this.#next(now, asking);
    if (!next) return;
    const { claim } = next;
    const isAsking = claim.deliveryId === asking;
    const wasOffered = claim.deliveryId === offered?.claim.deliveryId;
    this.#stopWaiting(claim.deliveryId);
    state.holder = {
      claim,
      act: this.#actOf(claim),
      since: wasOffered ? offered.since : now,
      isOffered: !isAsking,
      until: isAsking ? now + claim.attemptMs : now,
      newRoot: state.root ? undefined : (newRoot ?? this.#newRootFor(claim)),
    };
    if (!isAsking && !wasOffered) {
      this.#turns.push({ message: claim.message, deliveryId: claim.deliveryId });
    }
  }

  /** A turn that was offered and not used yet goes to whoever is first by now. */
  #takeBackOffer(): TurnHolder | undefined {
    const { holder, waiting } = this.#state;
    if (!holder?.isOffered || holder.act === 'short_reply') return undefined;
    this.#state.holder = undefined;
    waiting.push({ claim: holder.claim, since: holder.since });
    return holder;
  }

  #supersede(asking: string | undefined): void {
    const { shown, waiting } = this.#state;
    if (!shown) return;
    for (const { claim } of [...waiting]) {
      if (!this.#isOvertaken(claim)) continue;
      this.#stopWaiting(claim.deliveryId);
      if (claim.deliveryId === asking) continue;
      const { deliveryId, message } = claim;
      this.#turns.push({ message, deliveryId, supersededBy: shown.message });
    }
  }

  /** Who gets the turn now. */
  #next(now: number, asking: string | undefined): Waiting | undefined {
    const { lost, parked, root, waiting } = this.#state;
    if (!root && parked) {
      // A person had it sent again.
      const retried = this.#waitingOf(parked.deliveryId);
      if (retried && parked.deliveryId === asking) return retried;
      if (now < parked.until) return undefined;
    }
    const others = waiting.filter(({ claim }) => claim.message !== lost?.message);
    const byPlace = (root || others.length === 0 ? [...waiting] : others).sort(inOrder);
    const newest = byPlace.findLast(({ claim }) => changesRoot(claim));
    if (!root && newest) return newest;
    return byPlace.find((each) => each === newest || !changesRoot(each.claim));
  }

  #actOf(claim: ConversationClaim): TurnHolder['act'] {
    const { root } = this.#state;
    if (!root) return 'post';
    return changesRoot(claim) && !root.editRefused ? 'edit' : 'reply';
  }

  #newRootFor({ deliveryId }: ConversationClaim): NewRoot | undefined {
    const { lost, parked } = this.#state;
    if (parked && parked.deliveryId !== deliveryId) {
      return { because: 'not_posted', message: parked.message };
    }
    return lost;
  }

  /** Others go first. They expect no root post of this delivery any more. */
  #loseTurn({ act, claim }: TurnHolder): void {
    this.#state.holder = undefined;
    if (act === 'post') this.#state.lost = { because: 'not_posted', message: claim.message };
  }

  #forgetParked(deliveryId: string): void {
    const state = this.#state;
    if (state.parked?.deliveryId !== deliveryId) return;
    state.lost = { because: 'not_posted', message: state.parked.message };
    state.parked = undefined;
  }

  #applyRootFault({ rootFault }: ConversationClaim): void {
    const state = this.#state;
    if (!rootFault || state.root?.deliveryId !== rootFault.deliveryId) return;
    if (rootFault.kind === 'edit_refused') {
      state.root.editRefused = true;
    } else {
      state.lost = { because: 'post_deleted', message: state.root.message };
      state.root = undefined;
    }
  }

  #recordDone(
    report: Extract<ConversationReport, { outcome: 'done' }>,
    holder: TurnHolder | undefined,
  ): void {
    const state = this.#state;
    const { act, deliveryId, message, mode, place, receipt, title } = report;
    const isNewest = !state.shown || comparePlaces(place, state.shown.place) > 0;
    // A post that was found after others had stopped waiting for it is another root, if it is no older than the present one.
    const isRoot = act === 'post' && (!state.root || isNewest);
    if (isRoot || receipt.standsAlone) {
      state.root = { deliveryId, message, receipt, title };
      state.parked = undefined;
      state.lost = undefined;
    }
    if (isNewest && (isRoot || mode !== 'reply')) state.shown = { deliveryId, message, place };
    if (holder && report.continues) {
      state.holder = { ...holder, act: 'short_reply', isOffered: false };
      return;
    }
    state.done = [...state.done, { deliveryId, receipt }].slice(-KEPT_DONE);
    if (holder) state.holder = undefined;
    this.#stopWaiting(deliveryId);
  }

  #recordParked(
    {
      deliveryId,
      message,
      patienceMs,
      receipt,
    }: Extract<ConversationReport, { outcome: 'parked' }>,
    holder: TurnHolder | undefined,
    now: number,
  ): void {
    if (holder?.act !== 'post' || this.#state.root) return;
    if (receipt) {
      this.#state.root = { deliveryId, message, receipt };
      this.#state.parked = undefined;
    } else this.#state.parked = { deliveryId, message, until: now + patienceMs };
  }

  /** When others have waited long enough for this delivery; undefined where nobody waits. */
  #lateAt(holder: TurnHolder): number | undefined {
    const { waiting } = this.#state;
    if (waiting.length === 0) return undefined;
    const oldest = Math.min(...waiting.map(({ since }) => since));
    return Math.max(holder.since, oldest) + holder.claim.patienceMs;
  }

  #isLate(holder: TurnHolder, now: number): boolean {
    const lateAt = this.#lateAt(holder);
    return lateAt !== undefined && lateAt <= now;
  }

  #doneReceipt(deliveryId: string): Receipt | undefined {
    return this.#state.done.find((each) => each.deliveryId === deliveryId)?.receipt;
  }

  #waitingOf(deliveryId: string): Waiting | undefined {
    return this.#state.waiting.find(({ claim }) => claim.deliveryId === deliveryId);
  }

  #stopWaiting(deliveryId: string): void {
    this.#state.waiting = this.#state.waiting.filter(
      ({ claim }) => claim.deliveryId !== deliveryId,
    );
  }
}

function inOrder(one: Waiting, other: Waiting): number {
  return comparePlaces(one.claim.place, other.claim.place);
}

/** Whether its content replaces that of the root post. */
function changesRoot({ mode }: Pick<ConversationClaim, 'mode'>): boolean {
  return mode !== 'reply';
}

function answerTo(
  { act, claim, newRoot }: TurnHolder,
  { root }: ConversationState,
): ConversationAnswer {
  if (act === 'post' || !root) return { act: 'post', newRoot };
  if (act === 'edit') return { act, root };
  if (act === 'short_reply') return { act: 'reply', root, short: true };
  return { act, root, ...(changesRoot(claim) && { editRefused: true }) };
}
