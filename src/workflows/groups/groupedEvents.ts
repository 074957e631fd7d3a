import { SHOWN_MEMBERS, type EventWindow, type GroupPlan } from '../../domain/eventGroup.js';
import type { EventGroupState, JoinGroupInput } from '../../contract/eventGroup.js';

/** Of so many events a group knows that they have joined. As many as the largest window has. */
const REMEMBERED = 1_000;

/** The events of a group. The update handler adds to it; the workflow function posts what is due. */
export class GroupedEvents {
  readonly #state: EventGroupState;
  readonly #messageOf: Map<string, string>;
  /** Names a window's message, given its number and when it was opened. */
  readonly #messageKey: (plan: GroupPlan, openedAt: string, window: number) => string;

  constructor(
    state: EventGroupState = { closed: [], joined: [], windows: 0 },
    messageKey: (plan: GroupPlan, openedAt: string, window: number) => string,
  ) {
    this.#state = state;
    this.#messageOf = new Map(state.joined);
    this.#messageKey = messageKey;
  }

  get state(): EventGroupState {
    return { ...this.#state, joined: [...this.#messageOf] };
  }

  isEmpty(): boolean {
    return this.#state.open === undefined && this.#state.closed.length === 0;
  }

  /** Whether a window is full, and waits to be posted. */
  get hasClosed(): boolean {
    return this.#state.closed.length > 0;
  }

  /** Returns the deduplication key of the message that shows the event. */
  join({ id, member, plan }: Omit<JoinGroupInput, 'groupId'>, now: Date): string {
    const { severity } = member;
    const known = this.#messageOf.get(id);
    if (known !== undefined) return known;
    const window = (this.#state.open ??= this.#newWindow(plan, now));
    if (window.first.length < SHOWN_MEMBERS) window.first.push(member);
    window.count += 1;
    if (severity) window.bySeverity[severity] = (window.bySeverity[severity] ?? 0) + 1;
    this.#remember(id, window.messageKey);
    if (window.count >= window.plan.maximum) this.#close();
    return window.messageKey;
  }

  /** How long it is until the open window ends, in milliseconds; undefined where none is open. */
  endsInMs(now: Date): number | undefined {
    const { open } = this.#state;
    return open && Math.max(0, Date.parse(open.openedAt) + open.plan.windowMs - now.getTime());
  }

  /** Closes the open window if it has ended. */
  closeEnded(now: Date): void {
    if (this.endsInMs(now) === 0) this.#close();
  }

  /** The window that is to be posted next. It is kept until `posted`. */
  get next(): EventWindow | undefined {
    return this.#state.closed[0];
  }

  posted(): void {
    this.#state.closed.shift();
  }

  #newWindow(plan: GroupPlan, now: Date): EventWindow {
    this.#state.windows += 1;
    const openedAt = now.toISOString();
    const messageKey = this.#messageKey(plan, openedAt, this.#state.windows);
    return { plan, messageKey, openedAt, first: [], count: 0, bySeverity: {} };
  }

  #close(): void {
    const { open } = this.#state;
    if (open) this.#state.closed.push(open);
    this.#state.open = undefined;
  }

  #remember(id: string, message: string): void {
    this.#messageOf.set(id, message);
    for (const [oldest] of this.#messageOf) {
      if (this.#messageOf.size <= REMEMBERED) break;
      this.#messageOf.delete(oldest);
    }
  }
}
