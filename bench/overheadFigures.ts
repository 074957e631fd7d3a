/** Computes the figures of the two contestants. */
import type { SandboxPost } from '../src/sandbox/posts.js';
import { forBoth, type Both, type Sending } from './contestants.js';
import { latency, spread, type Latency, type Spread } from './statistics.js';
import type { Round } from './turns.js';

export interface OverheadFigures {
  atOnce: AtOnceFigures;
  alone: AloneFigures;
  /** Of one message's workflow. */
  eventsPerHistory: Both<number>;
}

/** With many messages at a time. */
export interface AtOnceFigures {
  concurrency: number;
  messagesPerRound: number;
  /** Messages per second of each round, in order. */
  rounds: Both<number>[];
  messagesPerSecond: Both<Spread>;
  acceptedMs: Both<Latency>;
  endToEndMs: Both<Latency>;
  /** sendproof's messages per second over bare Temporal's, round by round. */
  ratio: Spread;
}

/** With one message at a time. */
export interface AloneFigures {
  messages: number;
  acceptedMs: Both<Latency>;
  /** sendproof's, until the post was visible. Measured with the clocks of two processes, to the millisecond. */
  visibleMs: Latency;
  endToEndMs: Both<Latency>;
  /** sendproof's p50, end to end, over bare Temporal's. */
  ratio: number;
}

/** A target for a figure. */
export interface Target {
  name: string;
  limit: number;
  figure: number;
  met: boolean;
}

export function atOnceFigures(rounds: readonly Both<Round>[], concurrency: number): AtOnceFigures {
  const perSecond = rounds.map((round) => forBoth((name) => round[name].messagesPerSecond));
  const sendings = forBoth((name) => rounds.flatMap((round) => round[name].sendings));
  return {
    concurrency,
    messagesPerRound: sendings.sendproof.length / rounds.length,
    rounds: perSecond,
    messagesPerSecond: forBoth((name) => spread(perSecond.map((round) => round[name]))),
    ...latencies(sendings),
    ratio: spread(perSecond.map(({ sendproof, bare }) => sendproof / bare)),
  };
}

/** @param posts all posts in the sandbox, including those of these messages */
export function aloneFigures(
  turns: readonly Both<Sending>[],
  posts: readonly SandboxPost[],
): AloneFigures {
  const sendings = forBoth((name) => turns.map((turn) => turn[name]));
  const { acceptedMs, endToEndMs } = latencies(sendings);
  return {
    messages: turns.length,
    acceptedMs,
    visibleMs: latency(visibleAfterMs(sendings.sendproof, posts)),
    endToEndMs,
    ratio: endToEndMs.sendproof.p50 / endToEndMs.bare.p50,
  };
}

/** At least 0.8 of the throughput with many at once, at most 1.5 times the duration alone, and no additional event. */
export function targets({ atOnce, alone, eventsPerHistory }: OverheadFigures): Target[] {
  const throughput = { name: 'Throughput, of bare Temporal’s: at least', limit: 0.8 };
  const duration = { name: 'Alone, end to end p50, of bare Temporal’s: at most', limit: 1.5 };
  const events = { name: 'Events per history: at most', limit: 11 };
  return [
    {
      ...throughput,
      figure: atOnce.ratio.median,
      met: atOnce.ratio.median >= throughput.limit,
    },
    { ...duration, figure: alone.ratio, met: alone.ratio <= duration.limit },
    {
      ...events,
      figure: eventsPerHistory.sendproof,
      met: eventsPerHistory.sendproof <= events.limit,
    },
  ];
}

function latencies(sendings: Both<Sending[]>): {
  acceptedMs: Both<Latency>;
  endToEndMs: Both<Latency>;
} {
  return {
    acceptedMs: forBoth((name) => latency(sendings[name].map(({ acceptedMs }) => acceptedMs))),
    endToEndMs: forBoth((name) => latency(sendings[name].map(({ completedMs }) => completedMs))),
  };
}

/** Posts are matched with messages by their trace id. */
function visibleAfterMs(sendings: readonly Sending[], posts: readonly SandboxPost[]): number[] {
  const postedAt = new Map(posts.map((post) => [traceIdOf(post), post.postedAt]));
  return sendings.map(({ key, sentAt, traceId }) => {
    const at = postedAt.get(traceId);
    if (at === undefined) throw new Error(`${key} was confirmed, but the sandbox shows no post.`);
    return at - sentAt;
  });
}

function traceIdOf({ content }: SandboxPost): unknown {
  return content.kind === 'slack' ? content.metadata?.event_payload.trace_id : undefined;
}
