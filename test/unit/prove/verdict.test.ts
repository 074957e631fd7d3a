import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderVerdict, verdictOf, type ProvedMessage } from '../../../src/prove/verdict.js';

const good: ProvedMessage = {
  deduplicationKey: 'proof-1',
  destination: 'slack:default/C0123ABC',
  posts: 1,
  status: 'confirmed',
  lostAttempts: 1,
  found: true,
};

const anyMessage = fc.record({
  deduplicationKey: fc.string({ minLength: 1 }),
  destination: fc.constant(good.destination),
  posts: fc.nat(3),
  status: fc.constantFrom('confirmed', 'delivering', 'dead_lettered'),
  lostAttempts: fc.nat(2),
  found: fc.boolean(),
});

describe('the verdict', () => {
  it('is proven where each message is shown once, was confirmed, and had its kill', () => {
    const verdict = verdictOf([good, { ...good, deduplicationKey: 'proof-2', lostAttempts: 2 }], 2);
    expect(verdict).toMatchObject({ proven: true, shownOnce: 2, shownAgain: 0, missing: 0 });
    const text = renderVerdict(verdict);
    expect(text).toContain('2 workers were killed');
    expect(text).toContain('2 messages: 2 shown exactly once, 0 shown more than once, 0 missing.');
    expect(text).toContain('Proven: ');
  });

  it.each<[string, Partial<ProvedMessage>, string]>([
    ['is missing', { posts: 0 }, 'proof-1: it is not shown'],
    ['is shown twice', { posts: 2 }, 'proof-1: it is shown 2 times'],
    ['is still under way', { status: 'delivering' }, 'proof-1: its status is delivering'],
    ['was confirmed before the kill', { lostAttempts: 0 }, 'proof-1: no attempt was lost'],
    ['was not looked for', { found: false }, 'proof-1: no later attempt found its post'],
  ])('is not proven where a message %s', (_, fault, words) => {
    const verdict = verdictOf(
      [
        { ...good, ...fault },
        { ...good, deduplicationKey: 'proof-2' },
      ],
      2,
    );
    expect(verdict.proven).toBe(false);
    const text = renderVerdict(verdict);
    expect(text).toContain('NOT proven');
    expect(text).toContain(words);
    expect(text).not.toContain('proof-2');
  });

  it('is not proven by no message, or by fewer kills than messages', () => {
    expect(verdictOf([], 0).proven).toBe(false);
    expect(verdictOf([good, good], 1).proven).toBe(false);
    expect(renderVerdict(verdictOf([good, good], 1))).toContain('Not every message had its kill.');
  });

  it('counts each message in one of three ways', () => {
    fc.assert(
      fc.property(fc.array(anyMessage), fc.nat(50), (messages, kills) => {
        const { missing, proven, shownAgain, shownOnce } = verdictOf(messages, kills);
        expect(shownOnce + shownAgain + missing).toBe(messages.length);
        if (proven) expect([shownOnce, shownAgain, missing]).toEqual([messages.length, 0, 0]);
      }),
    );
  });
});
