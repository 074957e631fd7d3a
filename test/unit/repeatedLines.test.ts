import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RepeatedLines } from '../../src/lib/repeatedLines.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const WARN = 40;

function logAll(lines: unknown[][], windows = 2): unknown[][] {
  const written: unknown[][] = [];
  const repeated = new RepeatedLines(1_000);
  for (const line of lines) repeated.log(line, WARN, (each) => written.push(each));
  vi.advanceTimersByTime(windows * 1_000);
  return written;
}

describe('a line that repeats', () => {
  it.each<[string, (index: number) => unknown[]]>([
    ['the same words', () => ['Temporal is away']],
    ['an error with other numbers', (i) => [{ err: new Error(`shard ${i} is closed`) }, 'Failed']],
    [
      'the words of the server, at other times',
      (i) => [{ temporal: `{"time":"2026-11-25T20:25:24.${i}Z","msg":"disk full"}` }, 'Reported'],
    ],
    ['another trace', (i) => [{ traceId: `trace ${i}`, operation: 'POST /v1/messages' }, 'Failed']],
    ['other ids', (i) => [`run 3f0c2a3e-5d0b-4f0e-9a57-${String(i).padStart(12, '0')} is busy`]],
  ])('is logged once and counted: %s', (_, line) => {
    const written = logAll(Array.from({ length: 1_235 }, (_unused, index) => line(index)));
    expect(written).toHaveLength(2);
    expect(written[1]?.[0]).toMatchObject({ repeated: 1_234 });
    expect(written[1]?.[1]).toContain('repeated 1,234 times');
  });

  it.each<[string, unknown[][]]>([
    ['another cause', ['full', 'denied'].map((why) => [{ err: new Error(why) }, 'Failed'])],
    [
      'another operation',
      ['POST /v1/messages', 'GET /v1/messages'].map((operation) => [{ operation }, 'Failed']),
    ],
    ['another message', ['a', 'b'].map((key) => [{ deduplicationKey: key }, 'Attempt failed'])],
    ['other words', [['Temporal is away'], ['The disk is full']]],
  ])('is not taken for one with %s', (_, lines) => {
    expect(logAll(lines)).toEqual(lines);
  });

  it('loses nothing: what is written and what is counted are all lines', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c')), (words) => {
        const written = logAll(words.map((word) => [word]));
        const count = (line: unknown[]) =>
          typeof line[0] === 'string' ? 1 : (line[0] as { repeated: number }).repeated;
        expect(written.reduce((sum, line) => sum + count(line), 0)).toBe(words.length);
        expect(written.length).toBeLessThanOrEqual(6);
      }),
    );
  });

  it('is logged anew after it was silent', () => {
    const written: unknown[][] = [];
    const repeated = new RepeatedLines(1_000);
    const log = () => repeated.log(['away'], WARN, (each) => written.push(each));
    log();
    vi.advanceTimersByTime(5_000);
    log();
    expect(written).toEqual([['away'], ['away']]);
  });
});
