import { describe, expect, it } from 'vitest';
import type { Both, Sending } from '../../bench/contestants.js';
import {
  aloneFigures,
  atOnceFigures,
  targets,
  type OverheadFigures,
} from '../../bench/overheadFigures.js';
import { overheadTable } from '../../bench/overheadTable.js';
import type { Round } from '../../bench/turns.js';
import type { SandboxPost } from '../../src/sandbox/posts.js';

function sending(completedMs: number, more: Partial<Sending> = {}): Sending {
  return { key: 'k', sentAt: 1_000, acceptedMs: completedMs / 4, completedMs, ...more };
}

function round(sendproofPerSecond: number, barePerSecond: number): Both<Round> {
  return {
    sendproof: { messagesPerSecond: sendproofPerSecond, sendings: [sending(40), sending(60)] },
    bare: { messagesPerSecond: barePerSecond, sendings: [sending(20), sending(30)] },
  };
}

function post(traceId: string, postedAt: number): SandboxPost {
  return {
    platform: 'slack',
    path: 'C0BENCH01',
    id: String(postedAt),
    text: 'Disk full',
    postedAt,
    content: {
      kind: 'slack',
      text: 'Disk full',
      metadata: { event_type: 'sendproof_delivery', event_payload: { trace_id: traceId } },
    },
  };
}

const ROUNDS = [round(45, 50), round(30, 60), round(80, 100)];
const TURNS = [
  { sendproof: sending(30, { traceId: 'one' }), bare: sending(20) },
  { sendproof: sending(36, { traceId: 'two' }), bare: sending(28) },
];
const POSTS = [post('two', 1_024), post('somebody else’s', 5_000), post('one', 1_020)];

function figures(more: Partial<OverheadFigures> = {}): OverheadFigures {
  return {
    atOnce: atOnceFigures(ROUNDS, 100),
    alone: aloneFigures(TURNS, POSTS),
    eventsPerHistory: { sendproof: 11, bare: 11 },
    ...more,
  };
}

describe('with many at once', () => {
  it('compares the two round by round, since only neighbours had the same machine', () => {
    const { ratio, rounds, messagesPerSecond, messagesPerRound } = atOnceFigures(ROUNDS, 100);
    expect(rounds[0]).toEqual({ sendproof: 45, bare: 50 });
    expect(ratio).toEqual({ median: 0.8, lowest: 0.5, highest: 0.9 });
    expect(messagesPerSecond.bare).toEqual({ median: 60, lowest: 50, highest: 100 });
    expect(messagesPerRound).toBe(2);
  });

  it('takes the durations of all rounds together', () => {
    const { acceptedMs, endToEndMs } = atOnceFigures(ROUNDS, 100);
    expect(endToEndMs).toEqual({ sendproof: { p50: 50, p99: 60 }, bare: { p50: 25, p99: 30 } });
    expect(acceptedMs.bare).toEqual({ p50: 6.25, p99: 7.5 });
  });
});

describe('one at a time', () => {
  it('compares the medians, and finds each message among the posts', () => {
    const { ratio, endToEndMs, visibleMs, messages } = aloneFigures(TURNS, POSTS);
    expect(messages).toBe(2);
    expect(endToEndMs.sendproof.p50).toBe(33);
    expect(ratio).toBe(33 / 24);
    expect(visibleMs).toEqual({ p50: 22, p99: 24 });
  });

  it('is not measured where a confirmed message is nowhere to be seen', () => {
    expect(() => aloneFigures(TURNS, POSTS.slice(1))).toThrow('the sandbox shows no post');
  });
});

describe('the targets', () => {
  it('are met at their limits', () => {
    const { alone } = figures();
    const met = targets(figures({ alone: { ...alone, ratio: 1.5 } }));
    expect(met.map(({ met }) => met)).toEqual([true, true, true]);
  });

  it('are missed one by one', () => {
    const { alone, atOnce } = figures();
    const missed = (more: Partial<OverheadFigures>): boolean[] =>
      targets(figures(more)).map(({ met }) => met);
    const slow = { ...atOnce, ratio: { ...atOnce.ratio, median: 0.79 } };
    expect(missed({ atOnce: slow })).toEqual([false, true, true]);
    expect(missed({ alone: { ...alone, ratio: 1.51 } })).toEqual([true, false, true]);
    expect(missed({ eventsPerHistory: { sendproof: 12, bare: 11 } })).toEqual([true, true, false]);
  });
});

describe('the table', () => {
  it('shows both side by side, their ratio, and which targets were missed', () => {
    const { alone } = figures();
    const measured = figures({ alone: { ...alone, ratio: 1.6 } });
    const table = overheadTable({
      ...measured,
      targets: targets(measured),
      surroundings: {
        at: '2026-01-01T00:00:00.000Z',
        temporalServer: '1.29.1',
        node: 'v20.20.0',
        platform: 'linux x64',
        processors: 2,
        processorModel: 'Some Processor',
        loadAverage: 1.25,
      },
    });
    expect(table).toContain('Temporal server 1.29.1');
    expect(table).toMatch(
      /^messages per second +45\.0 \(30\.0–80\.0\) +60\.0 .* 0\.80 \(0\.50–0\.90\)$/m,
    );
    expect(table).toMatch(/^events per history +11 +11 +1\.00$/m);
    expect(table).toMatch(/^met +Throughput.* 0\.80$/m);
    expect(table).toMatch(/^MISSED +Alone.* 1\.60$/m);
  });
});
