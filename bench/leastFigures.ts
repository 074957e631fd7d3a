/** Computes what sendproof and the least hop cost beside bare Temporal. */
import type { Sending } from './contestants.js';
import { latency, median, spread, type Latency, type Spread } from './statistics.js';
import { surroundingsText, type Surroundings } from './surroundings.js';
import { textTable } from './textTable.js';
import type { Round } from './turns.js';

export const NAMES = ['bare', 'least', 'sendproof'] as const;
export type Name = (typeof NAMES)[number];

/** Processor time in milliseconds: of Temporal's server, of the contestant's own process, and of the one that sends and waits. */
export interface ProcessorMs {
  server: number;
  own: number;
  sender: number;
}

/** A round, and what it took. */
export interface CostedRound extends Round {
  processorMs: ProcessorMs;
}

export interface LeastFigures {
  messagesPerRound: number;
  /** Messages of each, one at a time. */
  messagesAlone: number;
  contestants: Record<Name, ContestantFigures>;
}

export interface ContestantFigures {
  messagesPerSecond: Spread;
  /** Messages per second over bare Temporal's, turn by turn. */
  ofBare: Spread;
  /** Of one message, with many under way. */
  processorMs: ProcessorMs;
  /** One at a time. */
  acceptedMs: Latency;
  endToEndMs: Latency;
}

export function leastFigures(
  turns: readonly Record<Name, CostedRound>[],
  alone: readonly Record<Name, Sending>[],
): LeastFigures {
  const of = (name: Name): ContestantFigures => {
    const rounds = turns.map((turn) => turn[name]);
    const sendings = alone.map((turn) => turn[name]);
    const each = (part: keyof ProcessorMs): number =>
      median(rounds.map((round) => round.processorMs[part] / round.sendings.length));
    return {
      messagesPerSecond: spread(rounds.map(({ messagesPerSecond }) => messagesPerSecond)),
      ofBare: spread(
        turns.map((turn) => turn[name].messagesPerSecond / turn.bare.messagesPerSecond),
      ),
      processorMs: { server: each('server'), own: each('own'), sender: each('sender') },
      acceptedMs: latency(sendings.map(({ acceptedMs }) => acceptedMs)),
      endToEndMs: latency(sendings.map(({ completedMs }) => completedMs)),
    };
  };
  return {
    messagesPerRound: turns[0]?.bare.sendings.length ?? 0,
    messagesAlone: alone.length,
    contestants: { bare: of('bare'), least: of('least'), sendproof: of('sendproof') },
  };
}

/** What of all processors a message takes. */
export function processorSum({ server, own, sender }: ProcessorMs): number {
  return server + own + sender;
}

/** Renders the figures as text. In parentheses: the ratio to bare Temporal's. */
export function leastTable(
  { contestants, messagesAlone, messagesPerRound }: LeastFigures,
  concurrency: number,
  surroundings: Surroundings,
): string {
  const row = (title: string, show: (figures: ContestantFigures) => string): string[] => [
    title,
    ...NAMES.map((name) => show(contestants[name])),
  ];
  const compared = (title: string, value: (figures: ContestantFigures) => number): string[] =>
    row(title, (figures) => {
      const ratio = value(figures) / value(contestants.bare);
      return `${value(figures).toFixed(1)} (${ratio.toFixed(2)})`;
    });
  const titles = ['', 'bare Temporal', 'least hop', 'sendproof'];
  return [
    surroundingsText(surroundings),
    `${concurrency} at once, ${messagesPerRound} messages a round, in turns (medians of the rounds; processor time in milliseconds a message)`,
    textTable([
      titles,
      row(
        'messages per second',
        ({ messagesPerSecond, ofBare }) =>
          `${messagesPerSecond.median.toFixed(1)} (${ofBare.median.toFixed(2)})`,
      ),
      compared('processor time, server', ({ processorMs }) => processorMs.server),
      compared('its own process', ({ processorMs }) => processorMs.own),
      compared('the sender', ({ processorMs }) => processorMs.sender),
      compared('together', ({ processorMs }) => processorSum(processorMs)),
    ]),
    `One at a time, ${messagesAlone} messages each, in turns (milliseconds)`,
    textTable([
      titles,
      compared('accepted p50', ({ acceptedMs }) => acceptedMs.p50),
      compared('accepted p99', ({ acceptedMs }) => acceptedMs.p99),
      compared('end to end p50', ({ endToEndMs }) => endToEndMs.p50),
      compared('end to end p99', ({ endToEndMs }) => endToEndMs.p99),
    ]),
  ].join('\n\n');
}
