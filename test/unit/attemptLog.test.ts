import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttemptLog } from '../../src/domain/attemptLog.js';
import type { Attempt } from '../../src/domain/delivery.js';

const SCHEDULED = new Date('2026-11-23T12:00:00Z');
const failed = (number: number): Attempt => ({
  number,
  outcome: 'transient',
  reason: 'rate_limited',
});
const unknown = (number: number): Attempt => ({ number, outcome: 'ambiguous', reason: 'timeout' });

describe('the attempt log', () => {
  it('begins empty', () => {
    expect(AttemptLog.restore(undefined, [], 1, SCHEDULED).entries()).toEqual([]);
  });

  it('goes on from the heartbeat of the attempt before', () => {
    const log = AttemptLog.restore([failed(1)], [], 2, SCHEDULED);
    log.add({ outcome: 'delivered' });
    expect(log.entries()).toMatchObject([failed(1), { number: 2, outcome: 'delivered' }]);
  });

  it('knows an attempt that nobody wrote down for one whose worker was lost', () => {
    expect(AttemptLog.restore([failed(1)], [], 4, SCHEDULED).entries()).toMatchObject([
      failed(1),
      { number: 2, outcome: 'ambiguous', reason: 'worker_lost' },
      {
        number: 3,
        outcome: 'ambiguous',
        reason: 'worker_lost',
        startedAt: SCHEDULED.toISOString(),
      },
    ]);
  });

  it('counts on over people’s retries', () => {
    const earlier = [failed(1), failed(2)];
    expect(AttemptLog.restore(undefined, earlier, 1, SCHEDULED).entries()).toEqual(earlier);
    expect(AttemptLog.restore(undefined, earlier, 2, SCHEDULED).entries()).toMatchObject([
      ...earlier,
      { number: 3, reason: 'worker_lost' },
    ]);
  });

  it('keeps the newest hundred, with their numbers', () => {
    const log = new AttemptLog([]);
    for (let attempt = 1; attempt <= 250; attempt += 1) log.add({ outcome: 'transient' });
    expect(log.entries()).toHaveLength(100);
    expect(log.entries().at(-1)?.number).toBe(250);
    const restored = AttemptLog.restore(log.entries(), [], 251, SCHEDULED);
    restored.add({ outcome: 'delivered' });
    expect(restored.entries().at(-1)?.number).toBe(251);
  });

  it.each([
    ['a few', 2],
    ['very many', 150],
  ])('keeps those that are still to be searched for: %s', (_, count) => {
    let log = new AttemptLog([]);
    for (let sent = 1; sent <= count; sent += 1) log.add({ outcome: 'ambiguous' });
    for (let attempt = 1; attempt <= 250; attempt += 1) {
      // As from heartbeat to heartbeat.
      log = new AttemptLog(log.entries());
      log.add({ outcome: 'transient', reason: 'rate_limited' });
    }
    const entries = log.entries();
    expect(entries).toHaveLength(100);
    expect(entries.at(-1)?.number).toBe(count + 250);
    expect(log.unresolved()[0]?.number).toBe(1);
    expect(log.unresolved()).toHaveLength(Math.min(count, 99));
  });
});

describe('a search that is not finished', () => {
  const position = (cursor: string) => ({
    since: '2026-11-23T12:00:00.000Z',
    startedAt: '2026-11-23T12:00:05.000Z',
    cursor,
  });

  it('continues at the latest position, which only one entry has', () => {
    const log = new AttemptLog([unknown(1)]);
    log.add({ ...failed(2), search: position('page 3') });
    log.add({ ...failed(3), search: position('page 5') });
    // As after the loss of a worker, or a request that never left.
    log.add({ outcome: 'ambiguous', reason: 'worker_lost' });
    expect(log.searchPosition()).toEqual(position('page 5'));
    expect(log.entries().map(({ search }) => search?.cursor)).toEqual([
      undefined,
      undefined,
      'page 5',
      undefined,
    ]);
  });

  it('is over with its result', () => {
    const log = new AttemptLog([unknown(1)]);
    log.add({ ...failed(2), search: position('page 3') });
    log.add({ ...unknown(3), lookup: 'absent' });
    expect(log.searchPosition()).toBeUndefined();
  });
});

describe('what the next attempt searches for', () => {
  const answered = (number: number, httpStatus: number, rest: Partial<Attempt> = {}): Attempt => ({
    number,
    outcome: 'permanent',
    reason: 'request_rejected',
    httpStatus,
    ...rest,
  });
  const notSent: Attempt = { number: 1, outcome: 'transient', reason: 'connection_failed' };

  it.each<[string, Attempt[], number[]]>([
    ['nothing, where no request left', [notSent], []],
    [
      'nothing, where the platform only asked to slow down',
      [{ ...failed(1), httpStatus: 429 }],
      [],
    ],
    ['what may have been posted', [unknown(1)], [1]],
    ['what the platform refused', [answered(1, 400), answered(2, 200)], [1, 2]],
    ['what the platform put off', [answered(1, 425, { outcome: 'transient' })], [1]],
    [
      'nothing, once it was searched for',
      [answered(1, 400), { ...failed(2), lookup: 'absent' }],
      [],
    ],
    [
      'what was sent after the search',
      [answered(1, 400), answered(2, 400, { lookup: 'absent' })],
      [2],
    ],
    [
      'the same as before, where the search was refused',
      [answered(1, 400), answered(2, 403, { lookup: 'refused' })],
      [1, 2],
    ],
  ])('is %s', (_, attempts, numbers) => {
    expect(new AttemptLog(attempts).sent().map(({ number }) => number)).toEqual(numbers);
  });
});

describe('what is searched for as a post and as an answer in a thread', () => {
  it.each<[string, Partial<Attempt>, boolean, boolean]>([
    ['an attempt to post', { reason: 'timeout' }, true, false],
    ['an attempt to answer', { reason: 'timeout', as: 'reply' }, false, true],
    ['the attempt of a lost worker', { reason: 'worker_lost' }, true, true],
    ['attempts before a reset, or whose log is lost', { reason: 'outcome_unknown' }, true, true],
  ])('is, of %s', (_, attempt, asPost, asReply) => {
    const log = new AttemptLog([{ number: 1, outcome: 'ambiguous', ...attempt }]);
    expect(log.sentAs('post')).toHaveLength(asPost ? 1 : 0);
    expect(log.sentAs('reply')).toHaveLength(asReply ? 1 : 0);
  });
});

describe('what is unresolved', () => {
  it.each<[string, Attempt[], number[]]>([
    ['nothing, when all outcomes are known', [failed(1), failed(2)], []],
    ['every attempt whose outcome is unknown', [unknown(1), failed(2), unknown(3)], [1, 3]],
    ['nothing, once somebody looked', [unknown(1), { ...failed(2), lookup: 'absent' }], []],
    [
      'the attempt that looked, posted, and is unknown itself',
      [unknown(1), { ...unknown(2), lookup: 'absent' }],
      [2],
    ],
    [
      'what came after the last look',
      [unknown(1), { ...failed(2), lookup: 'absent' }, unknown(3)],
      [3],
    ],
    [
      'the same as before, once it was sent again without a look',
      [unknown(1), { ...failed(2), lookup: 'refused' }, { ...unknown(3), lookup: 'refused' }],
      [1, 3],
    ],
    [
      'the same as before, when nobody could look and nothing was sent',
      [unknown(1), { number: 2, outcome: 'permanent', lookup: 'refused' }],
      [1],
    ],
  ])('is %s', (_, attempts, numbers) => {
    expect(new AttemptLog(attempts).unresolved().map(({ number }) => number)).toEqual(numbers);
  });
});

describe('the latest attempts', () => {
  const attempts = fc
    .array(fc.constantFrom(failed, unknown), { maxLength: 40 })
    .map((made) => made.map((make, index) => make(index + 1)));

  it('are the last one, and as many others as fit, in order', () => {
    fc.assert(
      fc.property(attempts, fc.integer({ min: 200, max: 3_000 }), (all, bytes) => {
        const latest = new AttemptLog(all).latest(bytes);
        expect(latest.at(-1)).toEqual(all.at(-1));
        expect(all.filter((attempt) => latest.includes(attempt))).toEqual(latest);
        expect(JSON.stringify(latest).length).toBeLessThanOrEqual(bytes + latest.length + 2);
        const isAll = JSON.stringify(all).length <= bytes;
        if (isAll) expect(latest).toEqual(all);
      }),
    );
  });

  it('keep those of which it is unknown whether they posted', () => {
    const all = [unknown(1), ...Array.from({ length: 30 }, (_, index) => failed(index + 2))];
    const latest = new AttemptLog(all).latest(300);
    expect(latest).toContainEqual(unknown(1));
    expect(latest.at(-1)).toEqual(failed(31));
  });

  it('have no position of a search', () => {
    const log = new AttemptLog([]);
    log.add({ outcome: 'transient', search: { cursor: 'x'.repeat(5_000) } as never });
    expect(log.latest(300)).toEqual([{ number: 1, outcome: 'transient' }]);
  });
});
