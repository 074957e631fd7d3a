import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GroupMember, GroupPlan } from '../../../src/domain/eventGroup.js';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { groupedEvent } from '../../../src/templates/groupedEvent.js';
import { GroupedEvents } from '../../../src/workflows/groups/groupedEvents.js';

const plan: GroupPlan = {
  route: 'storm',
  windowMs: 60_000,
  maximum: 5,
  destinations: [],
  priority: 3,
  onAmbiguous: 'resend',
};
const member = (id: string, fields: Partial<GroupMember> = {}) => ({
  id,
  plan,
  member: {
    deduplicationKey: `test:${id}`,
    source: 'test',
    title: id,
    ...fields,
  },
});
const started = Date.parse('2026-11-25T12:00:00Z');
const at = (ms: number) => new Date(started + ms);
const newGroup = (state?: ConstructorParameters<typeof GroupedEvents>[0]) =>
  new GroupedEvents(state, (_, __, window) => `message-${window}`);

describe('the events of a group', () => {
  it('are in a window that begins with the first of them', () => {
    const events = newGroup();
    expect(events.isEmpty()).toBe(true);
    expect(events.endsInMs(at(0))).toBeUndefined();
    expect(events.join(member('a'), at(0))).toBe('message-1');
    expect(events.join(member('b'), at(59_999))).toBe('message-1');
    expect(events.endsInMs(at(59_999))).toBe(1);
    events.closeEnded(at(59_999));
    expect(events.next).toBeUndefined();
    events.closeEnded(at(60_000));
    expect(events.next?.count).toBe(2);
    expect(events.join(member('c'), at(60_000))).toBe('message-2');
    events.posted();
    expect(events.next).toBeUndefined();
    expect(events.isEmpty()).toBe(false);
  });

  it('are each in exactly one message, whatever joins again and whenever the group continues as new', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('join' as const), id: fc.nat(30) }) },
      { weight: 2, arbitrary: fc.constant({ kind: 'wait' as const }) },
      { weight: 2, arbitrary: fc.constant({ kind: 'post' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'continue' as const }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        let events = newGroup();
        let now = 0;
        const messages = new Map<number, string>();
        const posted = new Map<string, number>();
        const post = () => {
          for (let { next } = events; next; { next } = events) {
            expect(posted.has(next.messageKey)).toBe(false);
            expect(next.count).toBeLessThanOrEqual(plan.maximum);
            posted.set(next.messageKey, next.count);
            events.posted();
          }
        };
        for (const each of steps) {
          now += 1_000;
          if (each.kind === 'join') {
            const message = events.join(member(String(each.id)), at(now));
            expect(message).toBe(messages.get(each.id) ?? message);
            messages.set(each.id, message);
          } else if (each.kind === 'wait') now += plan.windowMs;
          else if (each.kind === 'post') post();
          else events = newGroup(JSON.parse(JSON.stringify(events.state)) as typeof events.state);
          events.closeEnded(at(now));
        }
        events.closeEnded(at(now + plan.windowMs));
        post();
        const counts = new Map<string, number>();
        for (const message of messages.values())
          counts.set(message, (counts.get(message) ?? 0) + 1);
        expect(posted).toEqual(counts);
      }),
    );
  });
});

describe('the message of a group', () => {
  const windowOf = (members: GroupMember[], more = 0) => ({
    plan,
    messageKey: 'message-1',
    openedAt: at(0).toISOString(),
    first: members,
    count: members.length + more,
    bySeverity: { critical: 2, warning: 1 },
  });
  const ten = Array.from({ length: 10 }, (_, index) => member(`Event ${index}`).member);

  it('lists the first ten, and how many more there are', () => {
    const { severity, text, title } = groupedEvent(windowOf(ten, 32));
    expect(title).toBe('42 events: storm');
    expect(severity).toBe('critical');
    expect(text).toContain('2 critical, 1 warning');
    expect(text).toContain('Event 9');
    expect(text).toContain('and 32 more');
  });

  it('shows titles as they are, whatever is in them', () => {
    const odd = [
      '# a',
      '[x](javascript:y)',
      '<!channel>',
      'a\nb',
      '`',
      '- - -',
      '😀'.repeat(400),
      '</a>',
    ];
    const members = odd.map((title) => member('m', { title, url: 'https://a.b/c d>e' }).member);
    const document = JSON.stringify(parseDocument(groupedEvent(windowOf(members)).text));
    expect(document).toContain('# a');
    expect(document).toContain('[x](javascript:y)');
    expect(document).toContain('"a b"');
    expect(document).toContain('https://a.b/c%20d%3Ee');
  });
});
