import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../src/domain/delivery.js';
import type { DeliveryStage, DeliveryState, MessageState } from '../../src/domain/messageState.js';
import { explainDelivery } from '../../src/explanation/delivery.js';
import { describeStep } from '../../src/explanation/step.js';

const OPS = 'slack:default/C0OPS';
const AT = '2026-11-25T11:00:00.000Z';
const NOW = new Date('2026-11-25T12:00:00.000Z');
const RECEIPT = { messageId: '1764072000.000100', channel: 'C0OPS' };
const FAILURE = { reason: 'platform_unavailable', detail: 'Slack answered HTTP 503.' } as const;

const posted = (number: number, part: number): Attempt => ({
  number,
  startedAt: AT,
  durationMs: 40,
  outcome: 'delivered',
  part: { number: part, of: 3 },
});
const failed = (number: number, part: number): Attempt => ({
  ...posted(number, part),
  outcome: 'ambiguous',
  reason: 'platform_unavailable',
  httpStatus: 503,
});

function explained(
  stage: DeliveryStage,
  attempts: Attempt[],
  more: Partial<DeliveryState> = {},
): string {
  const delivery: DeliveryState = { destination: OPS, attempts, stage, ...more };
  const message: MessageState = {
    deduplicationKey: 'key',
    status: 'delivering',
    destinations: [OPS],
    acceptedAt: AT,
    deadLetters: [],
    operatorActions: [],
    deliveries: [delivery],
  };
  return explainDelivery(delivery, message, NOW);
}

describe('the explanation of a message that is long', () => {
  it('says in how many parts it was posted', () => {
    const receipt = { ...RECEIPT, parts: 3 };
    const attempts = [posted(1, 1), posted(2, 2), posted(3, 3)];
    expect(explained({ kind: 'confirmed', receipt }, attempts)).toBe(
      'Confirmed: posted to slack:default/C0OPS in 3 parts, the last at 11:00:00 UTC. Nothing is left to do.',
    );
    const later = [posted(1, 1), failed(2, 2), posted(3, 2), posted(4, 3)];
    expect(explained({ kind: 'confirmed', receipt }, later)).toBe(
      'Confirmed: posted to slack:default/C0OPS in 3 parts, the last at 11:00:00 UTC, after one attempt failed because Slack was not available (503). Nothing is left to do.',
    );
  });

  it('says that it is shortened', () => {
    const receipt = { ...RECEIPT, shortened: { shown: 12_345, of: 30_000 } };
    const attempt = { number: 1, startedAt: AT, durationMs: 40, outcome: 'delivered' } as const;
    expect(explained({ kind: 'confirmed', receipt }, [attempt])).toBe(
      'Confirmed: posted to slack:default/C0OPS at 11:00:00 UTC. It is shortened: 12,345 of 30,000 characters are shown. The message’s page shows the whole. Nothing is left to do.',
    );
  });

  it('says that it is plain text, and what the platform answered to its layout', () => {
    const plainText = 'Slack answered invalid_blocks (too long: /blocks/0/text/text).';
    const receipt = { ...RECEIPT, plainText };
    const attempt = { number: 1, startedAt: AT, durationMs: 40, outcome: 'delivered' } as const;
    expect(explained({ kind: 'confirmed', receipt }, [attempt])).toContain(
      `It is shown as plain text: ${plainText} Nothing is left to do.`,
    );
    expect(describeStep({ kind: 'confirmed', at: AT, destination: OPS, receipt })).toBe(
      `Confirmed by slack:default/C0OPS, as plain text: ${plainText}`,
    );
  });

  it('says what was posted of it where it is a dead letter', () => {
    const parts = { posted: { receipt: RECEIPT, count: 1, of: 3 } };
    const stage = { kind: 'dead_lettered', parkedAt: AT, ...FAILURE } as const;
    expect(explained(stage, [posted(1, 1), failed(2, 2), failed(3, 2)], parts)).toMatch(
      /^Only 1 of 3 parts was sent to slack:default\/C0OPS: all 2 attempts at part 2 failed, the last because Slack was not available \(503\);/,
    );
  });

  it('names the part that is under way', () => {
    const parts = { posted: { receipt: RECEIPT, count: 2, of: 3 } };
    expect(
      explained({ kind: 'attempting', since: AT }, [posted(1, 1), posted(2, 2)], parts),
    ).toContain('attempt 3 at slack:default/C0OPS (part 3 of 3) is in progress');
  });

  it('names part and shortening in the steps of the timeline', () => {
    expect(describeStep({ kind: 'attempt', at: AT, destination: OPS, ...posted(2, 2) })).toBe(
      'Attempt 2 at slack:default/C0OPS (part 2 of 3): posted, after 40ms',
    );
    const receipt = { ...RECEIPT, parts: 3, shortened: { shown: 90_000, of: 120_000 } };
    expect(describeStep({ kind: 'confirmed', at: AT, destination: OPS, receipt })).toBe(
      'Confirmed by slack:default/C0OPS, in 3 parts, shortened: 90,000 of 120,000 characters are shown',
    );
  });
});

describe('the explanation of a message that was sent more than once', () => {
  const attempt = (number: number, rest: Omit<Attempt, 'number'>): Attempt => ({
    number,
    startedAt: AT,
    durationMs: 40,
    ...rest,
  });
  const refused = attempt(1, {
    outcome: 'permanent',
    reason: 'request_rejected',
    httpStatus: 400,
  });
  const unknown = (number: number) =>
    attempt(number, { outcome: 'ambiguous', reason: 'platform_unavailable', httpStatus: 502 });
  const confirmed = { kind: 'confirmed', receipt: RECEIPT } as const;

  it('says which attempt posted it although the platform answered that it refused', () => {
    const found = attempt(2, { outcome: 'delivered', lookup: 'found' });
    expect(explained(confirmed, [refused, found])).toContain(
      'attempt 1 posted it to slack:default/C0OPS, although Slack refused the request (400); attempt 2 found the post',
    );
  });

  it('says that it may be there twice only where an outcome is unknown', () => {
    const again = attempt(2, { outcome: 'delivered', lookup: 'refused' });
    const twice = 'An earlier attempt may have posted it too';
    expect(explained(confirmed, [refused, again])).not.toContain(twice);
    expect(explained(confirmed, [unknown(1), again])).toContain(twice);
    const limited = attempt(2, { outcome: 'transient', reason: 'rate_limited', lookup: 'refused' });
    const last = attempt(3, { outcome: 'delivered', lookup: 'refused' });
    expect(explained(confirmed, [unknown(1), limited, last])).toContain(twice);
    const repeated = attempt(2, { outcome: 'delivered', lookup: 'repeated' });
    expect(explained(confirmed, [unknown(1), repeated])).not.toContain(twice);
  });

  it('calls a dead letter perhaps sent as long as an outcome is unknown', () => {
    const limited = attempt(2, { outcome: 'transient', reason: 'rate_limited', lookup: 'refused' });
    const stage = { kind: 'dead_lettered', parkedAt: AT, ...FAILURE } as const;
    expect(explained(stage, [unknown(1), limited])).toMatch(/^Perhaps sent to/);
    expect(explained(stage, [refused])).toMatch(/^Never sent to/);
  });
});
