/** The order of a conversation against a model: messages, workers that fail, a platform, and people. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planConversation } from '../../src/acceptance/conversationPlan.js';
import { eventMessage } from '../../src/acceptance/eventMessage.js';
import type {
  ConversationClaim,
  ConversationState,
  RootPost,
} from '../../src/contract/conversation.js';
import { EVENT_STATES, type SourceEvent } from '../../src/domain/event.js';
import type { ConversationMode } from '../../src/domain/message.js';
import { comparePlaces, type Place } from '../../src/domain/place.js';
import { ConversationOrder, MOST_WAITING } from '../../src/workflows/conversations/order.js';
import { faultOfClaim, isReport } from '../../src/workflows/conversations/wellFormed.js';

const PATIENCE_MS = 10_000;
const ATTEMPT_MS = 1_000;
const START = Date.parse('2026-11-23T12:00:00Z');

interface Sent {
  mode: ConversationMode;
  place: Place;
}

/** What a test does next: which message it is about, and what happens to the attempt that it makes. */
interface Step {
  message: number;
  fate: (typeof FATES)[number];
}

const FATES = [
  'works',
  'works',
  'works',
  'works',
  // The worker dies after the platform has posted.
  'dies_after',
  'dies_before',
  'transient',
  'permanent',
  'time_passes',
  'post_is_deleted',
  'edits_are_refused',
  'retry',
  'cancel',
] as const;

interface Post {
  deliveryId: string;
  place: Place;
  isDeleted: boolean;
  replies: { deliveryId: string }[];
}

type Ended = 'posted' | 'edited' | 'replied' | 'superseded' | 'cancelled';

/** Messages of one conversation at one destination, each with its delivery. */
class World {
  now = START;
  order = new ConversationOrder(undefined, START);
  readonly posts: Post[] = [];
  readonly ended = new Map<string, Ended[]>();
  refusesEdits = false;
  /** Posts that nobody knew of for so long that another message was posted by itself. */
  readonly doubtful = new Set<string>();
  readonly #messages: (Sent & {
    id: string;
    state: 'ready' | 'waits' | 'parked' | 'ended';
    fault?: ConversationClaim['rootFault'];
    isUnknown?: boolean;
  })[];

  constructor(sent: Sent[]) {
    this.#messages = sent.map((each, index) => ({ ...each, id: `m${index}`, state: 'ready' }));
  }

  get livePosts(): Post[] {
    return this.posts.filter(({ isDeleted }) => !isDeleted);
  }

  get isOver(): boolean {
    return this.#messages.every(({ state }) => state === 'ended');
  }

  run({ fate, message: index }: Step): void {
    const message = this.#messages[index % this.#messages.length];
    if (!message) return;
    this.now += 1;
    if (fate === 'time_passes') this.#passTime();
    if (fate === 'edits_are_refused') this.refusesEdits = true;
    const deleted = fate === 'post_is_deleted' ? this.livePosts.at(-1) : undefined;
    if (deleted) deleted.isDeleted = true;
    if (this.order.nextDueAt() <= this.now) this.order.passTime(this.now);
    if (message.state === 'parked') {
      if (fate === 'retry') message.state = 'ready';
      if (fate === 'cancel') this.#end(message, 'cancelled');
    } else if (message.state === 'waits') {
      if (fate === 'cancel' && !message.isUnknown) this.#end(message, 'cancelled');
    } else if (message.state === 'ready') {
      this.#attempt(message, fate);
    }
    this.#giveTurns();
    // As a workflow that continues as new: whatever it knows is carried as JSON.
    const carried = JSON.stringify(this.order.state);
    this.order = new ConversationOrder(JSON.parse(carried) as ConversationState, this.now);
  }

  #attempt(message: World['messages'][number], fate: Step['fate']): void {
    const { id, mode, place } = message;
    // After an attempt of unknown outcome, what it has posted is looked for.
    if (message.isUnknown && this.livePosts.some(({ deliveryId }) => deliveryId === id)) {
      this.#done(message, 'post', 'posted');
      return;
    }
    // What the platform has posted it doesn't refuse, and people can't take it back.
    if (message.isUnknown && (fate === 'permanent' || fate === 'cancel')) return;
    if (fate === 'dies_after') message.isUnknown = true;
    const answer = this.order.claim(
      {
        deliveryId: id,
        message: id,
        mode,
        place,
        attemptMs: ATTEMPT_MS,
        patienceMs: PATIENCE_MS,
        forgetAfterMs: 7 * 24 * 3_600_000,
        rootFault: message.fault,
      },
      this.now,
    );
    switch (answer.act) {
      case 'adopt':
        this.#end(message, 'posted', false);
        return;
      case 'nothing':
        this.#end(message, 'superseded', false);
        return;
      case 'wait':
        message.state = 'waits';
        return;
      default:
    }
    if (fate === 'cancel') {
      this.#end(message, 'cancelled');
      return;
    }
    if (fate === 'dies_before' || fate === 'transient') return;
    if (fate === 'permanent') {
      message.state = 'parked';
      this.order.report(
        { deliveryId: id, outcome: 'parked', message: id, patienceMs: PATIENCE_MS },
        this.now,
      );
      return;
    }
    if (answer.act === 'post') {
      this.posts.push({ deliveryId: id, place, isDeleted: false, replies: [] });
      if (fate === 'dies_after') return;
      this.#done(message, 'post', 'posted');
      return;
    }
    const post = this.#postOf(answer.root);
    if (post.isDeleted) {
      message.fault = { kind: 'post_not_found', deliveryId: answer.root.deliveryId };
      return;
    }
    if (answer.act === 'edit') {
      if (this.refusesEdits) {
        message.fault = { kind: 'edit_refused', deliveryId: answer.root.deliveryId };
        return;
      }
      // Of an edit that nobody knows of, the order is restored at the end.
      const isCertain = this.#messages.every(({ isUnknown }) => !isUnknown);
      if (isCertain) expect(comparePlaces(place, post.place)).toBeGreaterThanOrEqual(0);
      post.place = place;
      if (fate === 'dies_after') return;
      const continues = mode === 'both';
      this.#done(message, 'edit', continues ? undefined : 'edited');
      return;
    }
    if (!post.replies.some(({ deliveryId }) => deliveryId === id))
      post.replies.push({ deliveryId: id });
    if (fate === 'dies_after') return;
    this.#done(message, 'reply', answer.short ? 'edited' : 'replied');
  }

  #passTime(): void {
    this.now += PATIENCE_MS + ATTEMPT_MS;
    const inDoubt = this.#messages.filter(
      ({ id, isUnknown, state }) =>
        isUnknown &&
        state !== 'ended' &&
        this.livePosts.some(({ deliveryId }) => deliveryId === id),
    );
    for (const { id } of inDoubt) this.doubtful.add(id);
  }

  /** The type of a message here. */
  get messages() {
    return this.#messages;
  }

  #postOf({ deliveryId }: RootPost): Post {
    const post = this.posts.findLast((each) => each.deliveryId === deliveryId);
    if (!post) throw new Error('a reply or an edit comes after its root');
    return post;
  }

  #done(
    message: World['messages'][number],
    act: 'post' | 'edit' | 'reply',
    ended: Ended | undefined,
  ): void {
    const { id, mode, place } = message;
    this.order.report(
      {
        deliveryId: id,
        outcome: 'done',
        message: id,
        mode,
        place,
        act,
        receipt: { messageId: id },
        continues: ended === undefined,
      },
      this.now,
    );
    if (ended) this.#end(message, ended, false);
  }

  #end(message: World['messages'][number], ended: Ended, reports = ended === 'cancelled'): void {
    message.state = 'ended';
    this.ended.set(message.id, [...(this.ended.get(message.id) ?? []), ended]);
    if (reports) this.order.report({ deliveryId: message.id, outcome: 'ended' }, this.now);
  }

  #giveTurns(): void {
    for (const { message: id, supersededBy } of this.order.takeTurns()) {
      const message = this.#messages.find((each) => each.id === id);
      if (message?.state !== 'waits') continue;
      if (supersededBy === undefined) message.state = 'ready';
      else this.#end(message, 'superseded');
    }
  }
}

const sentMessages = fc
  .array(
    fc.record({
      mode: fc.constantFrom<ConversationMode>('update', 'update', 'reply', 'both'),
      minute: fc.integer({ min: 0, max: 3 }),
      rank: fc.integer({ min: 0, max: 1 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((all) =>
    all.map(({ minute, mode, rank }, index): Sent => ({
      mode,
      place: {
        at: `2026-11-23T12:0${minute}:00Z`,
        rank,
        acceptedAt: `2026-11-23T12:00:00.00000${index}Z`,
      },
    })),
  );

const steps = fc.array(
  fc.record({ message: fc.nat({ max: 5 }), fate: fc.constantFrom(...FATES) }),
  { maxLength: 60 },
);

const source = fc.record({
  state: fc.constantFrom(...EVENT_STATES),
  occurredAt: fc.constantFrom(undefined, '2026-11-23T08:00:00Z', '2026-11-23T10:00:00Z'),
});

/** The claim of an event's message, accepted so many seconds after the start. */
function claimOfEvent(event: Partial<SourceEvent>, second: number): ConversationClaim {
  const { partOf } = eventMessage(
    {
      ...{ key: `k${second}`, source: 's', conversation: 'c', state: 'other' },
      ...{ title: 't', text: '', labels: {}, ...event },
    },
    `k${second}`,
    [],
    { text: 't' },
  );
  const settings = { forgetAfterMs: 7 * 24 * 3_600_000, patienceMs: PATIENCE_MS };
  const plan = planConversation(
    {
      ...{ deduplicationKey: `k${second}`, destinations: [], content: { text: 't' } },
      ...{ priority: 3, onAmbiguous: 'resend' },
      ...(partOf && { conversation: { ...partOf, mode: 'update' } }),
    },
    settings,
    new Date(START + second * 1_000).toISOString(),
  );
  if (!plan) throw new Error('the event has a conversation');
  const { acceptedAt, at, rank } = plan;
  return {
    ...{ deliveryId: `m${second}`, message: `m${second}`, mode: 'update' },
    ...{ place: { at, rank, acceptedAt }, attemptMs: ATTEMPT_MS, ...settings },
  };
}

describe('the events of a source that sends them one after the other', () => {
  it('are all shown, whatever time they name', () => {
    fc.assert(
      fc.property(fc.array(source, { minLength: 1, maxLength: 8 }), (events) => {
        const order = new ConversationOrder(undefined, START);
        events.forEach((event, second) => {
          const claim = claimOfEvent({ ...event, arrivesInOrder: true }, second);
          const { deliveryId, message, mode, place } = claim;
          const { act } = order.claim(claim, START);
          expect(act).toBe(second === 0 ? 'post' : 'edit');
          if (act !== 'post' && act !== 'edit') return;
          const receipt = { messageId: message };
          order.report({ deliveryId, outcome: 'done', message, mode, place, act, receipt }, START);
        });
      }),
    );
  });

  it('are ordered by the times that they name where the source doesn’t', () => {
    const order = new ConversationOrder(undefined, START);
    const first = claimOfEvent({ occurredAt: '2026-11-23T10:00:00Z' }, 0);
    order.claim(first, START);
    const receipt = { messageId: 'm0' };
    order.report({ ...first, outcome: 'done', act: 'post', receipt }, START);
    const older = claimOfEvent({ occurredAt: '2026-11-23T08:00:00Z' }, 1);
    expect(order.claim(older, START).act).toBe('nothing');
  });
});

/** Lets everything end that still can: nothing fails any more, and people have what is parked sent again. */
function settle(world: World): void {
  for (let round = 0; round < 200 && !world.isOver; round += 1) {
    const fate = round % 5 === 4 ? 'time_passes' : round % 2 === 0 ? 'works' : 'retry';
    for (let message = 0; message < world.messages.length; message += 1)
      world.run({ message, fate });
  }
}

describe('the order of a conversation', () => {
  it('ends each message once, never shows an older state, and has one post', () => {
    fc.assert(
      fc.property(sentMessages, steps, (sent, planned) => {
        const world = new World(sent);
        for (const step of planned) world.run(step);
        settle(world);

        expect(world.isOver, 'each message ends').toBe(true);
        for (const ends of world.ended.values()) expect(ends).toHaveLength(1);
        expect(world.livePosts.length).toBeLessThanOrEqual(1 + world.doubtful.size);
        const shown = world.order.state.shown?.place;
        for (const { id, mode, place } of world.messages) {
          const [end] = world.ended.get(id) ?? [];
          if (mode === 'reply') expect(end, 'a reply is never superseded').not.toBe('superseded');
          if (end === 'superseded' && shown) {
            expect(comparePlaces(place, shown)).toBeLessThan(0);
          }
          if (end === 'edited' || (end === 'posted' && mode !== 'reply')) {
            expect(shown && comparePlaces(place, shown)).toBeLessThanOrEqual(0);
          }
        }
        const root = world.order.state.root?.deliveryId;
        const post = world.livePosts.find(({ deliveryId }) => deliveryId === root);
        // A person who deletes the newest state has it gone.
        const isWhole = world.posts.every(({ isDeleted }) => !isDeleted);
        if (post && shown && isWhole && !world.refusesEdits) {
          expect(comparePlaces(post.place, shown), 'the newest is shown').toBe(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function claimOf(index: number, mode: ConversationMode = 'update'): ConversationClaim {
  return {
    deliveryId: `${String(index).padStart(36, '0')}.0`,
    message: `${'k'.repeat(200)}${index}`,
    mode,
    place: {
      at: new Date(START + index).toISOString(),
      rank: 0,
      acceptedAt: '2026-11-23T12:00:00Z',
    },
    attemptMs: ATTEMPT_MS,
    patienceMs: PATIENCE_MS,
    forgetAfterMs: 1_000,
  };
}

describe('a flood of messages in one conversation', () => {
  it.each<ConversationMode>(['update', 'reply'])(
    'is carried within what Temporal takes: %s',
    (mode) => {
      const order = new ConversationOrder(undefined, START);
      expect(order.claim(claimOf(0), START)).toEqual({ act: 'post' });
      const sent = 3 * MOST_WAITING;
      for (let index = 1; index <= sent; index += 1) {
        expect(order.claim(claimOf(index, mode), START).act).toBe('wait');
      }
      expect(order.state.waiting).toHaveLength(MOST_WAITING);
      expect(JSON.stringify(order.state).length).toBeLessThan(1_000_000);

      const { deliveryId, message, place } = claimOf(0);
      const receipt = { messageId: '1.0' };
      order.report(
        { deliveryId, outcome: 'done', message, mode: 'update', place, act: 'post', receipt },
        START,
      );
      const [turn] = order.takeTurns();
      expect(turn?.deliveryId).toBe(claimOf(mode === 'update' ? sent : 1).deliveryId);
      // What was left out asks again by itself, and is as welcome as before.
      const leftOut = claimOf(mode === 'update' ? 1 : sent, mode);
      expect(order.claim(leftOut, START).act).toBe('wait');
    },
  );
});

describe('a report', () => {
  const known = {
    deliveryId: 'm0',
    message: 'm0',
    mode: 'update',
    patienceMs: PATIENCE_MS,
  } as const;
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        deliveryId: fc.constantFrom<unknown>('m0', 'm1', 1, null),
        outcome: fc.constantFrom<unknown>('done', 'parked', 'ended', 'lost', null),
        message: fc.constantFrom<unknown>('m0', undefined, {}),
        patienceMs: fc.constantFrom<unknown>(1, Number.NaN, '1', undefined),
        act: fc.constantFrom<unknown>('post', 'edit', 'dance', undefined),
        place: fc.constantFrom<unknown>(claimOf(0).place, {}, null, undefined, 'now'),
        receipt: fc.constantFrom<unknown>({ messageId: '1' }, null, undefined),
      },
      { requiredKeys: [] },
    ),
  );

  it('of any form leaves an order that goes on', () => {
    fc.assert(
      fc.property(odd, (report) => {
        const order = new ConversationOrder(undefined, START);
        order.claim({ ...claimOf(0), deliveryId: 'm0', message: 'm0' }, START);
        order.claim({ ...claimOf(1), deliveryId: 'm1', message: 'm1' }, START);
        if (isReport(report)) order.report(report, START);
        expect(order.nextDueAt()).not.toBeNaN();
        order.passTime(START + PATIENCE_MS);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    { ...known, outcome: 'ended' },
    { ...known, outcome: 'parked' },
    {
      ...known,
      outcome: 'done',
      act: 'post',
      place: claimOf(0).place,
      receipt: { messageId: '1' },
    },
  ])('of a delivery is read: %j', (report) => {
    expect(isReport(report)).toBe(true);
  });
});

describe('a claim', () => {
  const right = claimOf(0);
  const odd = fc.constantFrom<unknown>(
    ...[undefined, null, '', 'x', 0, -1, 1e300, Number.NaN, true, [], {}, { at: '2026' }],
    ...[
      { ...right.place, at: 'yesterday' },
      { ...right.place, rank: '1' },
    ],
    ...[{ kind: 'gone', deliveryId: 'm0' }, { kind: 'post_not_found' }, 'x'.repeat(5_000)],
  );
  const claim = fc
    .record(
      Object.fromEntries(
        [...Object.keys(right), 'rootFault'].map((field) => [
          field,
          fc.oneof(fc.constant(right[field as keyof ConversationClaim]), odd),
        ]),
      ),
      { requiredKeys: [] },
    )
    .map((fields) => fields as unknown);

  it('of any form is refused, or leaves an order that goes on', () => {
    fc.assert(
      fc.property(fc.oneof(claim, odd, fc.anything()), (asked) => {
        if (faultOfClaim(asked) !== undefined) return;
        const order = new ConversationOrder(undefined, START);
        for (let times = 0; times < 2; times += 1) {
          expect(order.claim(asked as ConversationClaim, START).act).toBe('post');
        }
        order.claim(claimOf(1), START);
        expect(order.nextDueAt()).not.toBeNaN();
        order.passTime(START + PATIENCE_MS);
        expect(order.nextDueAt()).not.toBeNaN();
      }),
      { numRuns: 2_000 },
    );
  });

  it('is taken as the activity makes it, and as JSON brings it', () => {
    expect(faultOfClaim(right)).toBeUndefined();
    const rootFault = { kind: 'edit_refused', deliveryId: 'm0' } as const;
    expect(faultOfClaim(JSON.parse(JSON.stringify({ ...right, rootFault })))).toBeUndefined();
    expect(faultOfClaim({ ...right, rootFault: undefined })).toBeUndefined();
  });

  it('is told which fields are wrong', () => {
    expect(faultOfClaim({ ...right, mode: 'dance', attemptMs: '1' })).toBe(
      'has no usable mode, attemptMs',
    );
  });
});

describe('a delivery that has the turn', () => {
  const at = (index: number) => claimOf(index);
  const ended = (index: number) =>
    ({ deliveryId: at(index).deliveryId, outcome: 'ended' }) as const;

  it('keeps it while its attempt may post, and loses it to the newest after the patience', () => {
    const order = new ConversationOrder(undefined, START);
    const slow = { ...at(0), attemptMs: 3 * PATIENCE_MS };
    expect(order.claim(slow, START).act).toBe('post');
    for (const index of [1, 2]) expect(order.claim(at(index), START).act).toBe('wait');
    order.passTime(START + 2 * PATIENCE_MS);
    expect(order.takeTurns()).toEqual([]);
    order.passTime(START + 3 * PATIENCE_MS);
    expect(order.takeTurns()).toMatchObject([{ deliveryId: at(2).deliveryId }]);
  });

  it('is waited for no longer when its dead letter is discarded', () => {
    const order = new ConversationOrder(undefined, START);
    const { deliveryId, message } = at(0);
    order.claim(at(0), START);
    order.report({ deliveryId, outcome: 'parked', message, patienceMs: PATIENCE_MS }, START);
    expect(order.claim(at(1), START).act).toBe('wait');
    order.report(ended(0), START);
    expect(order.takeTurns()).toMatchObject([{ deliveryId: at(1).deliveryId }]);
    const answer = order.claim(at(1), START);
    expect(answer).toEqual({ act: 'post', newRoot: { because: 'not_posted', message } });
  });

  it('adopts what it has reported', () => {
    const order = new ConversationOrder(undefined, START);
    const { deliveryId, message, place } = at(0);
    order.claim(at(0), START);
    const receipt = { messageId: '1.0' };
    const done = { outcome: 'done', message, mode: 'update', place, act: 'post' } as const;
    order.report({ deliveryId, ...done, receipt }, START);
    expect(order.claim(at(0), START)).toEqual({ act: 'adopt', receipt });
  });
});
