import { describe, expect, it } from 'vitest';
import { noticeKey } from '../../src/contract/names.js';
import {
  countDeadLetter,
  countResolved,
  emptyCounts,
  oldestOpen,
  overviewOf,
  restoreCounts,
  openCount,
} from '../../src/workflows/deadLetters/deadLetterCounts.js';
import {
  nextNoticeAt,
  addToDigest,
  clearDigest,
  keepUnsent,
  takeDueNotices,
} from '../../src/workflows/deadLetters/digest.js';
import type {
  DeadLetterReference,
  DeadLetterCounts,
  DigestState,
} from '../../src/contract/deadLetterQueue.js';
import type { Destination } from '../../src/domain/destination.js';

const OPS: Destination = 'slack:default/C0123ABC';
const MINUTE = 60_000;
const POLICY = { gatherMs: 2 * MINUTE, windowMs: 15 * MINUTE, waitingTooLongMs: 24 * 60 * MINUTE };
const START = Date.parse('2026-11-24T10:00:00.000Z');
const at = (minutes: number): Date => new Date(START + minutes * MINUTE);

/** A queue as its workflow moves it, with the clock in the test's hand. */
class TestQueue {
  readonly counts: DeadLetterCounts = emptyCounts();
  readonly state: DigestState = {};

  park(minutes: number, reason: DeadLetterReference['reason'] = 'timeout', key = `${minutes}`) {
    const reference = { deduplicationKey: key, reason, at: at(minutes).toISOString() };
    countDeadLetter(this.counts, reference);
    addToDigest(this.state, reference);
    return reference;
  }

  resolve(reference: DeadLetterReference) {
    countResolved(this.counts, reference);
    if (openCount(this.counts) === 0) clearDigest(this.state);
  }

  /** In minutes. */
  get due(): number | undefined {
    const due = nextNoticeAt(this.state, this.counts, POLICY);
    return due === undefined ? undefined : (due - START) / MINUTE;
  }

  take(minutes: number) {
    return takeDueNotices(this.state, this.counts, OPS, POLICY, at(minutes));
  }
}

describe('a digest', () => {
  it('gathers first, then is one for all, with counts and reasons', () => {
    const queue = new TestQueue();
    queue.park(0, 'not_authorised');
    queue.park(0.5, 'timeout');
    queue.park(1, 'not_authorised');
    expect(queue.due).toBe(2);
    expect(queue.take(1.9)).toEqual([]);
    const [notice, ...more] = queue.take(2);
    expect(more).toEqual([]);
    expect(notice?.content.title).toBe('3 dead letters');
    expect(notice?.content.text).toContain('- 2 × `not_authorised`. Invite');
    expect(notice?.content.text).toContain('- 1 × `timeout`');
    expect(notice?.content.text).toContain(`dead-letters retry --destination ${OPS}`);
    expect(queue.take(3)).toEqual([]);
  });

  it('that could not be sent is sent again as it was, after growing waits, and later ones gather', () => {
    const queue = new TestQueue();
    queue.park(0);
    const first = queue.take(2);
    keepUnsent(queue.state, first, 0, at(2));
    expect(queue.due).toBe(3);
    for (const minute of [2.5, 20, 30]) queue.park(minute, 'not_authorised');
    expect(queue.take(2.9)).toEqual([]);

    expect(queue.take(3)).toEqual(first);
    keepUnsent(queue.state, first, 1, at(3));
    expect(queue.due).toBe(5);
    keepUnsent(queue.state, first, 20, at(40));
    expect(queue.due).toBe(100);
    // As it is carried to the next run of the queue.
    Object.assign(queue.state, JSON.parse(JSON.stringify(queue.state)));
    expect(queue.take(100)).toEqual(first);

    const [later, ...more] = queue.take(101);
    expect(later?.content.text).toContain('- 3 × `not_authorised`');
    expect(more).toEqual([]);
  });

  it('that could not be sent is dropped when nothing is open any more', () => {
    const queue = new TestQueue();
    const reference = queue.park(0);
    keepUnsent(queue.state, queue.take(2), 0, at(2));
    queue.resolve(reference);
    expect(queue.due).toBeUndefined();
    expect(queue.take(60)).toEqual([]);
  });

  it('comes at most once in a window', () => {
    const queue = new TestQueue();
    queue.park(0);
    queue.take(2);
    queue.park(3);
    expect(queue.due).toBe(17);
    queue.park(16);
    const notices = [5, 10, 16.9, 17, 18, 31].flatMap((minutes) => queue.take(minutes));
    expect(notices).toHaveLength(1);
    queue.park(40);
    expect(queue.due).toBe(42);
  });

  it('is not sent when nothing waits any more', () => {
    const queue = new TestQueue();
    queue.resolve(queue.park(0));
    expect(queue.due).toBeUndefined();
    expect(queue.take(60)).toEqual([]);
  });

  it('is followed by a reminder of what waits for too long, once in each such time', () => {
    const queue = new TestQueue();
    const first = queue.park(0);
    queue.take(2);
    const day = 24 * 60;
    expect(queue.due).toBe(day);
    expect(queue.take(day)).toMatchObject([
      { content: { title: 'Dead letters have been waiting for a long time' } },
    ]);
    expect(queue.take(day + 1)).toEqual([]);
    expect(queue.due).toBe(2 * day);
    queue.resolve(first);
    expect(queue.due).toBeUndefined();
  });

  it('has a topic of its own for each window of each destination', () => {
    const queue = new TestQueue();
    queue.park(0);
    const [one] = queue.take(2);
    queue.park(30);
    const [other] = queue.take(32);
    expect(one?.topic).not.toBe(other?.topic);
    expect(one?.topic).toContain(OPS);
  });
});

describe('a queue’s oldest dead letter', () => {
  const reference = (minutes: number, key = `${minutes}`): DeadLetterReference => ({
    deduplicationKey: key,
    reason: 'timeout',
    at: at(minutes).toISOString(),
  });

  it('is known exactly while it is among the recent ones, and to the hour beyond', () => {
    const counts = emptyCounts();
    countDeadLetter(counts, reference(5));
    expect(overviewOf(counts)).toMatchObject({
      oldest: at(5).toISOString(),
      newest: at(5).toISOString(),
    });
    for (let index = 0; index < 150; index += 1) countDeadLetter(counts, reference(70, `${index}`));
    expect(oldestOpen(counts)).toBe(at(0).toISOString());
    countResolved(counts, reference(5));
    expect(oldestOpen(counts)).toBe(at(60).toISOString());
    for (let index = 0; index < 150; index += 1) countResolved(counts, reference(70, `${index}`));
    expect(oldestOpen(counts)).toBeUndefined();
    expect(counts.openByHour).toEqual({});
  });

  it('is never a notice of sendproof’s own', () => {
    const counts = emptyCounts();
    countDeadLetter(counts, reference(0, noticeKey('dead-letters/somewhere')));
    expect(counts.open).toBe(1);
    expect(oldestOpen(counts)).toBeUndefined();
    expect(openCount(counts)).toBe(0);
  });

  it('is found again in what the first form of the queue left', () => {
    const { openByHour, ...first } = emptyCounts();
    expect(openByHour).toEqual({});
    const counts = restoreCounts({ ...first, open: 1, recent: [reference(5)] });
    expect(oldestOpen(counts)).toBe(at(5).toISOString());
  });
});
