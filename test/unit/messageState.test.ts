import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { messageStateBody } from '../../src/api/schema/messageStateBody.js';
import type { DeliverMessageInput } from '../../src/contract/deliverMessage.js';
import type { Attempt, MessageStatus, PostedParts } from '../../src/domain/delivery.js';
import type { Destination } from '../../src/domain/destination.js';
import {
  deliveryStatus,
  type DeliveryStage,
  type MessageState,
  type MessageSummary,
} from '../../src/domain/messageState.js';
import { explainDelivery } from '../../src/explanation/delivery.js';
import { messageStateAt } from '../../src/store/currentState.js';
import { readHistory } from '../../src/store/historyReading.js';
import type { MessageEvent, PendingActivity } from '../../src/store/messageEvents.js';

const OPS: Destination = 'slack:default/C0OPS';
const BACKUP: Destination = 'slack:default/C0BACKUP';
const NOW = new Date('2026-11-25T12:00:00.000Z');
const RECEIPT = { messageId: '1764072000.000100', channel: 'C0OPS' };
const RETRY = { initialDelayMs: 100, factor: 2, maximumDelayMs: 1_000, attempts: 3 };

const POSTED: Attempt = { number: 1, startedAt: time(2), durationMs: 40, outcome: 'delivered' };
const LIMITED: Attempt = {
  number: 1,
  startedAt: time(2),
  durationMs: 40,
  outcome: 'transient',
  reason: 'rate_limited',
};
const REFUSED: Attempt = {
  number: 1,
  startedAt: time(2),
  durationMs: 40,
  outcome: 'permanent',
  reason: 'not_authorised',
};

/** ISO 8601: so many seconds after 11:00. */
function time(seconds: number): string {
  return new Date(Date.parse('2026-11-25T11:00:00.000Z') + seconds * 1_000).toISOString();
}

function started(input: Partial<DeliverMessageInput> = {}, destinations = [OPS]): MessageEvent {
  const deliveries = destinations.map((destination) => ({
    destination,
    taskQueue: 'sendproof.deliver.slack.default',
    fairnessKey: destination,
    retry: RETRY,
    requestTimeoutMs: 10_000,
  }));
  return {
    kind: 'message_started',
    input: {
      content: { text: 'x' },
      priority: 3,
      onAmbiguous: 'resend',
      deliveries,
      traceId: '0'.repeat(32),
      ...input,
    },
  };
}

function withFallback(): MessageEvent {
  const event = started({}, [OPS, BACKUP]);
  if (event.kind !== 'message_started') throw new Error('not a start');
  const [first, second] = event.input.deliveries;
  if (!first || !second) throw new Error('no deliveries');
  return {
    ...event,
    input: { ...event.input, deliveries: [first, { ...second, fallbackFor: 0 }] },
  };
}

function scheduled(
  scheduledId: string,
  {
    at = 1,
    destination = OPS,
    earlierAttempts = [],
    posted,
  }: {
    at?: number;
    destination?: Destination;
    earlierAttempts?: Attempt[];
    posted?: PostedParts;
  } = {},
): MessageEvent {
  return {
    kind: 'activity_scheduled',
    scheduledId,
    activityId: `activity-${scheduledId}`,
    at: new Date(time(at)),
    input: {
      deliveryId: 'd1',
      destination,
      content: { text: 'x' },
      onAmbiguous: 'resend',
      retry: RETRY,
      traceId: '0'.repeat(32),
      earlierAttempts,
      posted,
    },
  };
}

function completed(scheduledId: string, attempts: Attempt[] = [POSTED]): MessageEvent {
  const result = { receipt: RECEIPT, attempts };
  return { kind: 'activity_completed', scheduledId, at: new Date(time(3)), result };
}

function failed(
  scheduledId: string,
  type: string,
  details: unknown[],
  { at = 3, timeIsUp = false } = {},
): MessageEvent {
  const failure = ApplicationFailure.create({
    message: 'Slack answered no.',
    type,
    nonRetryable: true,
    details,
  });
  return { kind: 'activity_failed', scheduledId, at: new Date(time(at)), failure, timeIsUp };
}

function acted(
  action: 'retry' | 'discard' | 'cancel',
  destination?: Destination,
  { at = 60, parkedBy }: { at?: number; parkedBy?: number } = {},
): MessageEvent {
  const bulk = parkedBy === undefined ? {} : { parkedBy: time(parkedBy) };
  return {
    kind: 'operator_acted',
    action: { action, at: time(at), by: 'ana', destination, ...bulk },
  };
}

function pending(scheduledId: string, activity: Partial<PendingActivity> = {}): PendingActivity {
  return {
    activityId: `activity-${scheduledId}`,
    attempt: 1,
    heartbeat: undefined,
    lastFailure: undefined,
    isQueued: true,
    dueAt: time(1),
    startedAt: undefined,
    ...activity,
  };
}

function summary(status: MessageStatus, parked: Destination[] = []): MessageSummary {
  return {
    deduplicationKey: 'key',
    status,
    destinations: [OPS],
    acceptedAt: time(0),
    deadLetters: parked.map((destination) => ({
      destination,
      reason: 'not_authorised',
      detail: 'Slack answered no.',
      at: time(3),
    })),
  };
}

function stateOf(
  events: MessageEvent[],
  {
    status = 'delivering',
    parked = [],
    activities = [],
  }: { status?: MessageStatus; parked?: Destination[]; activities?: PendingActivity[] } = {},
): MessageState {
  return messageStateAt(readHistory(events), activities, summary(status, parked), NOW);
}

function stagesOf(...parameters: Parameters<typeof stateOf>): DeliveryStage[] {
  return stateOf(...parameters).deliveries.map(({ stage }) => stage);
}

describe('a message that was cancelled', () => {
  const LOST: Attempt = {
    number: 1,
    startedAt: time(2),
    durationMs: 40,
    outcome: 'ambiguous',
    reason: 'timeout',
  };
  const stopped: MessageEvent = {
    kind: 'activity_cancelled',
    scheduledId: '5',
    attempts: undefined,
  };
  const recording = (attempts: Attempt[]): MessageEvent => ({
    kind: 'attempts_recorded',
    deliveries: [{ destination: OPS, attempts }],
  });
  const explained = (events: MessageEvent[], activities: PendingActivity[] = []) => {
    const state = stateOf([started(), ...events], { status: 'cancelled', activities });
    const [delivery] = state.deliveries;
    if (!delivery) throw new Error('no delivery');
    expect(delivery.stage.kind).toBe('cancelled');
    return { attempts: delivery.attempts, text: explainDelivery(delivery, state, NOW) };
  };

  it('was never sent where its activity was never scheduled, or is known to have had no attempt', () => {
    expect(explained([acted('cancel')]).text).toContain('never sent to');
    const recorded = [scheduled('5'), recording([]), acted('cancel'), stopped];
    expect(explained(recorded).text).toContain('never sent to');
  });

  it.each<[string, MessageEvent[]]>([
    ['was recorded before', [recording([LOST]), acted('cancel'), stopped]],
    ['it recorded itself', [acted('cancel'), { ...stopped, attempts: [LOST] }]],
  ])('was perhaps sent by an attempt that %s', (_, events) => {
    const { attempts, text } = explained([scheduled('5'), ...events]);
    expect(attempts).toEqual([LOST]);
    expect(text).toContain('perhaps sent to');
  });

  it.each<[string, MessageEvent[]]>([
    ['between two attempts', [acted('cancel'), stopped]],
    ['and terminated', []],
    [
      'after it was scheduled again',
      [
        failed('5', 'rate_limited', [[LIMITED], 'held_back']),
        recording([LIMITED]),
        scheduled('9', { at: 5, earlierAttempts: [LIMITED] }),
      ],
    ],
  ])('is not said to be unsent where its attempts are not recorded: %s', (_, events) => {
    const { text } = explained([scheduled('5'), ...events]);
    expect(text).toMatch(/it is not recorded whether .* Look there first/);
    expect(text).not.toContain('never sent');
  });

  it('was perhaps sent where Temporal still has the attempts of what was terminated', () => {
    const { text } = explained([scheduled('5')], [pending('5', { attempt: 2, heartbeat: [LOST] })]);
    expect(text).toContain('perhaps sent to');
    const underWay = pending('5', { isQueued: false, startedAt: time(4) });
    expect(explained([scheduled('5')], [underWay]).text).toContain('not recorded');
  });

  it('has the attempts that its activity records at its end, whatever was recorded before', () => {
    const refused = failed('5', 'not_authorised', [[REFUSED], 'refused']);
    const events = [scheduled('5'), recording([LOST]), acted('cancel'), refused];
    expect(explained(events).attempts).toEqual([REFUSED]);
  });
});

describe('the state of a message, from its events', () => {
  it('refuses a history without a start', () => {
    expect(() => readHistory([scheduled('5')])).toThrow('The history has no start');
    expect(() => readHistory([])).toThrow('The history has no start');
  });

  it('is accepted until an activity is scheduled', () => {
    expect(stateOf([started({ deliverAt: time(9) })])).toMatchObject({
      deliverAt: time(9),
      operatorActions: [],
      deliveries: [{ destination: OPS, attempts: [], stage: { kind: 'accepted' } }],
    });
  });

  it('is queued since its activity was scheduled', () => {
    const events = [started(), scheduled('5', { at: 1 })];
    expect(stagesOf(events)).toEqual([{ kind: 'queued', since: time(1) }]);
    expect(stagesOf(events, { activities: [pending('5')] })).toEqual([
      { kind: 'queued', since: time(1) },
    ]);
    expect(readHistory(events).moments).toEqual([
      { kind: 'queued', at: time(1), destination: OPS },
    ]);
  });

  it('is attempting while a worker has the activity', () => {
    const activity = pending('5', { isQueued: false, startedAt: time(2) });
    expect(stagesOf([started(), scheduled('5')], { activities: [activity] })).toEqual([
      { kind: 'attempting', since: time(2) },
    ]);
  });

  it('is retrying after a failed attempt, with its reason', () => {
    const activity = pending('5', {
      attempt: 2,
      heartbeat: [LIMITED],
      lastFailure: new Error('Slack asked to slow down.'),
      dueAt: time(8),
    });
    const state = stateOf([started(), scheduled('5')], { activities: [activity] });
    expect(state.deliveries).toEqual([
      {
        destination: OPS,
        attempts: [LIMITED],
        stage: {
          kind: 'retrying',
          nextAttemptAt: time(8),
          reason: 'rate_limited',
          detail: 'Slack asked to slow down.',
        },
      },
    ]);
  });

  it('counts an attempt that no worker wrote down as ambiguous', () => {
    const activity = pending('5', { attempt: 2, dueAt: time(8) });
    const [delivery] = stateOf([started(), scheduled('5', { at: 1 })], {
      activities: [activity],
    }).deliveries;
    expect(delivery?.attempts).toEqual([
      { number: 1, startedAt: time(1), outcome: 'ambiguous', reason: 'worker_lost' },
    ]);
    expect(delivery?.stage).toMatchObject({ kind: 'retrying', reason: 'worker_lost' });
  });

  it('ignores a pending activity that the history does not have', () => {
    const activity = pending('99', { isQueued: false, startedAt: time(2) });
    expect(stagesOf([started()], { activities: [activity] })).toEqual([{ kind: 'accepted' }]);
  });

  it('is confirmed, with the receipt, whatever people decide later', () => {
    const events = [started(), scheduled('5'), completed('5'), acted('discard'), acted('cancel')];
    const state = stateOf(events, { status: 'cancelled' });
    expect(state.deliveries).toEqual([
      { destination: OPS, attempts: [POSTED], stage: { kind: 'confirmed', receipt: RECEIPT } },
    ]);
    expect(state.operatorActions.map(({ action }) => action)).toEqual(['discard', 'cancel']);
  });

  it('is queued between two parts, and confirmed by the last', () => {
    const posted = { receipt: RECEIPT, count: 1, of: 2 };
    const first = { ...POSTED, part: { number: 1, of: 2 } };
    const begun: MessageEvent[] = [
      started(),
      scheduled('5'),
      {
        kind: 'activity_completed',
        scheduledId: '5',
        at: new Date(time(3)),
        result: { receipt: RECEIPT, attempts: [first], posted },
      },
    ];
    const queued = { kind: 'queued', since: time(3) };
    expect(stateOf(begun).deliveries).toMatchObject([{ posted, attempts: [first], stage: queued }]);
    expect(messageStateBody(stateOf(begun)).deliveries).toMatchObject([
      { status: 'delivering', partsPosted: { count: 1, of: 2 } },
    ]);

    const next = scheduled('11', { at: 4, earlierAttempts: [first], posted });
    const second = { ...POSTED, number: 2, part: { number: 2, of: 2 } };
    const ended = [...begun, next, completed('11', [first, second])];
    expect(stagesOf(ended)).toEqual([{ kind: 'confirmed', receipt: RECEIPT }]);
    expect(readHistory(ended).moments).toEqual([{ kind: 'queued', at: time(1), destination: OPS }]);
    const refused = { ...REFUSED, number: 2, part: { number: 2, of: 2 } };
    const parked = failed('11', 'not_authorised', [[first, refused], 'refused']);
    expect(
      stateOf([...begun, next, parked], { status: 'dead_lettered', parked: [OPS] }).deliveries,
    ).toMatchObject([
      {
        posted,
        stage: {
          kind: 'dead_lettered',
          detail: 'Slack answered no. Part 1 of 2 is posted; a retry continues with part 2.',
        },
      },
    ]);
  });

  it('has expired if its time was over before the next part was scheduled', () => {
    const posted = { receipt: RECEIPT, count: 1, of: 2 };
    const completedPart: MessageEvent = {
      kind: 'activity_completed',
      scheduledId: '5',
      at: new Date(time(3)),
      result: { receipt: RECEIPT, attempts: [POSTED], posted },
    };
    const events = [started({ expiresAt: time(3) }), scheduled('5'), completedPart];
    const closed = { ...summary('expired'), closedAt: time(3) };
    const [delivery] = messageStateAt(readHistory(events), [], closed, NOW).deliveries;
    expect(delivery?.stage.kind).toBe('expired');
  });

  it('is a dead letter when its attempts ended without a post', () => {
    const events = [
      started(),
      scheduled('5'),
      failed('5', 'not_authorised', [[REFUSED], 'refused']),
    ];
    expect(stagesOf(events, { status: 'dead_lettered', parked: [OPS] })).toEqual([
      {
        kind: 'dead_lettered',
        parkedAt: time(3),
        reason: 'not_authorised',
        detail: 'Slack answered no.',
      },
    ]);
    expect(readHistory(events).moments.at(-1)).toEqual({
      kind: 'dead_lettered',
      at: time(3),
      destination: OPS,
      reason: 'not_authorised',
      detail: 'Slack answered no.',
    });
  });

  it('is queued again after a retry, with the earlier attempts and without the old failure', () => {
    const events = [
      started(),
      scheduled('5'),
      failed('5', 'not_authorised', [[REFUSED], 'refused']),
      acted('retry'),
      scheduled('12', { at: 61, earlierAttempts: [REFUSED] }),
    ];
    expect(stateOf(events).deliveries).toEqual([
      { destination: OPS, attempts: [REFUSED], stage: { kind: 'queued', since: time(61) } },
    ]);
    const posted = { ...POSTED, number: 2, startedAt: time(62) };
    expect(stateOf([...events, completed('12', [REFUSED, posted])]).deliveries).toEqual([
      {
        destination: OPS,
        attempts: [REFUSED, posted],
        stage: { kind: 'confirmed', receipt: RECEIPT },
      },
    ]);
  });

  it('waits for its first attempt after a retry, until that has failed', () => {
    const events = [
      started(),
      scheduled('5'),
      failed('5', 'not_authorised', [[REFUSED], 'refused']),
      acted('retry'),
      scheduled('12', { at: 61, earlierAttempts: [REFUSED] }),
    ];
    const waiting = pending('12', { dueAt: time(61) });
    expect(stagesOf(events, { activities: [waiting] })).toMatchObject([
      { kind: 'queued', since: time(61) },
    ]);
    const again = { ...LIMITED, number: 2 };
    const retrying = pending('12', { attempt: 2, heartbeat: [REFUSED, again], dueAt: time(70) });
    expect(stagesOf(events, { activities: [retrying] })).toMatchObject([
      { kind: 'retrying', nextAttemptAt: time(70), reason: 'rate_limited' },
    ]);
  });

  it('stays queued while its account is held back', () => {
    const events = [
      started(),
      scheduled('5', { at: 1 }),
      failed('5', 'credentials_rejected', [[LIMITED], 'held_back']),
    ];
    expect(stateOf(events).deliveries).toEqual([
      {
        destination: OPS,
        attempts: [LIMITED],
        stage: {
          kind: 'queued',
          since: time(1),
          reason: 'credentials_rejected',
          detail: 'Slack answered no.',
        },
      },
    ]);
    expect(readHistory(events).moments).toHaveLength(1);
  });

  it('is discarded once a person gave it up and the memo no longer has it', () => {
    const events = [
      started(),
      scheduled('5'),
      failed('5', 'not_authorised', [[REFUSED], 'refused']),
      acted('discard'),
    ];
    expect(stagesOf(events, { status: 'dead_lettered', parked: [OPS] })).toMatchObject([
      { kind: 'dead_lettered' },
    ]);
    expect(stagesOf(events, { status: 'discarded' })).toEqual([
      { kind: 'discarded', reason: 'not_authorised', detail: 'Slack answered no.' },
    ]);
  });

  it.each<[string, MessageEvent[]]>([
    ['an earlier retry', [acted('retry', OPS), acted('discard', OPS, { at: 61 })]],
    ['its parking', [acted('discard', OPS, { at: 2 })]],
    ['a bulk decision on what was parked before', [acted('discard', OPS, { parkedBy: 2 })]],
  ])('is not discarded by a decision that its workflow ignores, because of %s', (_, decisions) => {
    const parked = failed('5', 'not_authorised', [[REFUSED], 'refused']);
    const events = [started({ expiresAt: time(120) }), scheduled('5'), parked, ...decisions];
    expect(stagesOf(events, { status: 'expired' })).toMatchObject([
      { kind: 'expired', reason: 'not_authorised' },
    ]);
  });

  it('is discarded by a bulk decision on what was parked until then', () => {
    const parked = failed('5', 'not_authorised', [[REFUSED], 'refused']);
    const events = [started(), scheduled('5'), parked, acted('discard', OPS, { parkedBy: 50 })];
    expect(stagesOf(events, { status: 'discarded' })).toMatchObject([{ kind: 'discarded' }]);
  });

  it('is not discarded by a decision on another destination', () => {
    const events = [
      started({}, [OPS, BACKUP]),
      scheduled('5'),
      failed('5', 'not_authorised', [[REFUSED], 'refused']),
      acted('discard', BACKUP),
    ];
    expect(stagesOf(events)).toMatchObject([{ kind: 'dead_lettered' }, { kind: 'accepted' }]);
  });

  it('keeps the failure of a dead letter that was cancelled', () => {
    const events = [
      started({}, [OPS, BACKUP]),
      scheduled('5'),
      failed('5', 'not_authorised', [[REFUSED], 'refused']),
      acted('cancel'),
    ];
    expect(stagesOf(events, { status: 'cancelled' })).toEqual([
      { kind: 'cancelled', reason: 'not_authorised', detail: 'Slack answered no.' },
      { kind: 'cancelled' },
    ]);
  });

  it('is cancelled where its attempt fails after the request, and needs no decision', () => {
    const events = [
      started({}, [OPS, BACKUP]),
      scheduled('5'),
      acted('cancel'),
      failed('5', 'not_authorised', [[REFUSED], 'refused']),
    ];
    expect(stagesOf(events)).toMatchObject([{ kind: 'cancelled', reason: 'not_authorised' }, {}]);
    expect(readHistory(events).moments.map(({ kind }) => kind)).toEqual(['queued']);
  });

  it('keeps how the workflow failed', () => {
    const failure = 'Discarded by ana: the channel is gone';
    expect(stateOf([started(), { kind: 'message_failed', failure }]).failure).toBe(failure);
  });

  it('does not change the reading that an event is added to', () => {
    const events = [started(), scheduled('5')];
    const before = readHistory(events);
    const copy = structuredClone(before);
    readHistory([...events, completed('5'), acted('cancel')]);
    messageStateAt(before, [pending('5', { attempt: 2 })], summary('delivering'), NOW);
    expect(before).toEqual(copy);
  });
});

describe('an attempt that did not finish its search', () => {
  it('is shown without the place where the next one continues', () => {
    const search = { since: time(0), startedAt: time(2), cursor: 'a cursor' };
    const attempts: Attempt[] = [{ number: 1, outcome: 'transient', reason: 'timeout', search }];
    const parked = stateOf(
      [started(), scheduled('5'), failed('5', 'timeout', [attempts, 'exhausted'])],
      {
        status: 'dead_lettered',
        parked: [OPS],
      },
    );
    expect(parked.deliveries[0]?.attempts).toEqual([
      { number: 1, outcome: 'transient', reason: 'timeout' },
    ]);
    const activities = [pending('5', { attempt: 2, heartbeat: attempts })];
    expect(JSON.stringify(stateOf([started(), scheduled('5')], { activities }))).not.toContain(
      'a cursor',
    );
  });
});

describe('a fallback', () => {
  it('is on standby until it is used, also when the message is cancelled', () => {
    expect(stateOf([withFallback()], { status: 'cancelled' }).deliveries).toMatchObject([
      { destination: OPS, stage: { kind: 'cancelled' } },
      { destination: BACKUP, fallbackFor: OPS, stage: { kind: 'standby' } },
    ]);
  });

  it('is delivered beside the dead letter that it stands in for', () => {
    const events = [
      withFallback(),
      scheduled('5'),
      failed('5', 'not_authorised', [[REFUSED], 'refused']),
      scheduled('9', { at: 4, destination: BACKUP }),
      completed('9'),
    ];
    expect(stateOf(events, { status: 'dead_lettered', parked: [OPS] }).deliveries).toMatchObject([
      { destination: OPS, stage: { kind: 'dead_lettered' } },
      { destination: BACKUP, fallbackFor: OPS, stage: { kind: 'confirmed' } },
    ]);
  });
});

describe('expiry', () => {
  const expiresAt = time(30);

  it('ends what no worker has taken up', () => {
    expect(stagesOf([started({ expiresAt })])).toEqual([{ kind: 'expired' }]);
  });

  it('does not end what still has time', () => {
    const later = '2026-11-25T13:00:00.000Z';
    expect(stagesOf([started({ expiresAt: later })])).toEqual([{ kind: 'accepted' }]);
  });

  it('ends what waits in a queue, not an attempt that is under way', () => {
    const events = [started({ expiresAt }), scheduled('5')];
    const waiting = pending('5', { attempt: 2, heartbeat: [LIMITED], dueAt: time(40) });
    expect(stagesOf(events, { activities: [waiting] })).toEqual([
      { kind: 'expired', reason: 'rate_limited', detail: undefined },
    ]);
    const underWay = pending('5', { isQueued: false, startedAt: time(29) });
    expect(stagesOf(events, { activities: [underWay] })).toMatchObject([
      { kind: 'attempting', since: time(29) },
    ]);
  });

  it('is noted as a moment when the activity ended by it', () => {
    const events = [
      started({ expiresAt }),
      scheduled('5'),
      failed('5', 'expired', [[LIMITED]], { at: 31, timeIsUp: true }),
    ];
    expect(stagesOf(events, { status: 'expired' })).toEqual([
      { kind: 'expired', reason: 'rate_limited', detail: 'Slack answered no.' },
    ]);
    expect(readHistory(events).moments.at(-1)).toMatchObject({ kind: 'expired', at: time(31) });
  });

  it('ends a dead letter that nobody decided on', () => {
    const events = [
      started({ expiresAt }),
      scheduled('5'),
      failed('5', 'not_authorised', [[REFUSED], 'refused']),
    ];
    expect(stagesOf(events, { status: 'expired' })).toEqual([
      { kind: 'expired', reason: 'not_authorised', detail: 'Slack answered no.' },
    ]);
  });
});

describe('what clients see of a delivery', () => {
  const failure = { reason: 'rate_limited', detail: 'Slack asked to slow down.' } as const;
  const cases: [DeliveryStage, string][] = [
    [{ kind: 'standby' }, '{"status":"standby"}'],
    [{ kind: 'accepted' }, '{"status":"accepted"}'],
    [
      { kind: 'queued', since: time(1), heldBack: '' },
      `{"status":"delivering","queuedSince":"${time(1)}","heldBack":""}`,
    ],
    [
      { kind: 'attempting', since: time(1), ...failure },
      `{"status":"delivering","reason":"rate_limited","detail":"Slack asked to slow down.","attemptSince":"${time(1)}"}`,
    ],
    [
      { kind: 'retrying', nextAttemptAt: time(8), ...failure, heldBack: 'token revoked' },
      `{"status":"delivering","reason":"rate_limited","detail":"Slack asked to slow down.","nextAttemptAt":"${time(8)}","heldBack":"token revoked"}`,
    ],
    [
      { kind: 'confirmed', receipt: { messageId: '1.2' } },
      '{"status":"confirmed","receipt":{"messageId":"1.2"}}',
    ],
    [
      { kind: 'dead_lettered', parkedAt: time(3), ...failure },
      `{"status":"dead_lettered","reason":"rate_limited","detail":"Slack asked to slow down.","parkedAt":"${time(3)}"}`,
    ],
    [
      { kind: 'discarded', ...failure },
      '{"status":"discarded","reason":"rate_limited","detail":"Slack asked to slow down."}',
    ],
    [{ kind: 'expired' }, '{"status":"expired"}'],
    [{ kind: 'cancelled' }, '{"status":"cancelled"}'],
  ];

  it.each(cases)('follows from its stage: %j', (stage, expected) => {
    const state = stateOf([started()]);
    const deliveries = [{ destination: OPS, attempts: [], stage }];
    const [body] = messageStateBody({ ...state, deliveries }).deliveries;
    if (!body) throw new Error('no delivery');
    const { destination, attempts, ...flat } = body;
    expect({ destination, attempts }).toEqual({ destination: OPS, attempts: [] });
    expect(JSON.stringify(flat)).toBe(expected);
    expect(flat.status).toBe(deliveryStatus({ stage }));
  });
});
