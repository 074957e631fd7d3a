import { ApplicationFailure, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { Attempt, Ending } from '../../src/domain/delivery.js';
import { readDeliverFailure } from '../../src/contract/deliverFailure.js';

const attempt = (number: number): Attempt => ({
  number,
  outcome: 'transient',
  reason: 'rate_limited',
});
const [first, second] = [attempt(1), attempt(2)];

const activity = {
  earlier: [],
  scheduledAt: new Date('2026-11-24T12:00:00Z'),
  attempts: 5,
  onAmbiguous: 'resend' as const,
  timeIsUp: false,
};

function failedAttempt(type: string, attempts: Attempt[], ending?: Ending) {
  const details = [attempts, ending];
  return ApplicationFailure.create({ type, message: 'what happened', details });
}

function lostWorker(type: TimeoutType, heartbeat?: Attempt[]) {
  return new TimeoutFailure('lost', heartbeat, type);
}

describe('the end of a failed delivery', () => {
  it('says why and how, as the attempt itself did', () => {
    const refused = failedAttempt('not_authorised', [first], 'refused');
    expect(readDeliverFailure(refused, activity)).toEqual({
      reason: 'not_authorised',
      detail: 'what happened',
      attempts: [first],
      ending: 'refused',
    });
  });

  it.each([
    ['deliverInConversation', 'held_back'],
    // Of a message in parts, as the first releases ended it.
    ['deliverPart', 'exhausted'],
  ])('of workers that do not know the activity %s: %s', (name, ending) => {
    const unknown = ApplicationFailure.create({
      type: 'NotFoundError',
      message: `Activity function ${name} is not registered on this Worker, available activities: []`,
    });
    const failure = readDeliverFailure(unknown, { ...activity, earlier: [first] });
    expect(failure.ending).toBe(ending);
    if (ending !== 'held_back') return;
    expect(failure.attempts).toEqual([
      first,
      expect.objectContaining({ number: 2, outcome: 'ambiguous', reason: 'worker_lost' }),
    ]);
  });

  it('has the cause of its last attempt where it found its time over', () => {
    const late = failedAttempt('expired', [first], 'expired');
    expect(readDeliverFailure(late, activity)).toMatchObject({
      reason: 'rate_limited',
      ending: 'expired',
    });
    expect(readDeliverFailure(failedAttempt('expired', [], 'expired'), activity)).toMatchObject({
      reason: 'expired',
    });
  });

  it('of an older history, which doesn’t say how, follows from whether it could be retried', () => {
    const exhausted = failedAttempt('timeout', [first]);
    expect(readDeliverFailure(exhausted, activity).ending).toBe('exhausted');
    const refused = ApplicationFailure.nonRetryable('no', 'content_rejected', [first]);
    expect(readDeliverFailure(refused, activity).ending).toBe('refused');
  });

  it('has the latest attempts where Temporal plans no next one, as after a cancellation', () => {
    const unplanned = ApplicationFailure.create({ type: 'timeout', details: [[second]] });
    expect(readDeliverFailure(unplanned, { ...activity, earlier: [first] })).toMatchObject({
      attempts: [first, second],
      ending: 'exhausted',
    });
    const { attempts } = readDeliverFailure(ApplicationFailure.create({ type: 'timeout' }), {
      ...activity,
      earlier: [first],
    });
    expect(attempts).toEqual([first]);
  });

  it('keeps the log where the activity ran out of time in its queue', () => {
    const queued = lostWorker(TimeoutType.SCHEDULE_TO_CLOSE, [first, second]);
    expect(readDeliverFailure(queued, { ...activity, timeIsUp: true })).toMatchObject({
      reason: 'rate_limited',
      attempts: [first, second],
      ending: 'expired',
    });
  });

  it('counts every attempt that a lost worker was allowed, and only one more where the time is over', () => {
    const lost = lostWorker(TimeoutType.HEARTBEAT, [first]);
    const exhausted = readDeliverFailure(lost, activity);
    expect(exhausted).toMatchObject({ reason: 'worker_lost', ending: 'exhausted' });
    expect(exhausted.attempts).toHaveLength(5);

    const late = readDeliverFailure(lost, { ...activity, timeIsUp: true });
    expect(late).toMatchObject({ reason: 'worker_lost', ending: 'expired' });
    expect(late.attempts).toMatchObject([
      first,
      { number: 2, outcome: 'ambiguous', reason: 'worker_lost' },
    ]);
  });

  it('that nobody may repeat unseen has an unknown outcome, also when its time is over', () => {
    const lost = lostWorker(TimeoutType.HEARTBEAT, []);
    const atMostOnce = { ...activity, onAmbiguous: 'dead_letter' as const, timeIsUp: true };
    expect(readDeliverFailure(lost, atMostOnce)).toMatchObject({
      reason: 'outcome_unknown',
      ending: 'expired',
    });
  });
});
