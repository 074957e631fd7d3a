/** Computes what many open messages cost, from rounds that were run in turns beside few of them. */
import type { ProcessUsage } from './processUsage.js';
import { latency, median, spread, type Latency, type Spread } from './statistics.js';
import { textTable } from './textTable.js';
import type { Round } from './turns.js';

/** What has been used of the machine at one moment. */
export interface Usage {
  server: ProcessUsage;
  api: ProcessUsage;
  workers: ProcessUsage[];
  databaseBytes: number;
}

/** One round of messages beside so many open ones. */
export interface GrowthRound extends Round {
  open: number;
  workers: number;
  before: Usage;
  after: Usage;
}

/** How the open messages of one testbed were made. */
export interface Filling {
  open: number;
  deadLetters: number;
  /** Messages that wait for their time. */
  scheduled: number;
  scheduledPerSecond: number;
  /** Of the database, for each scheduled one. */
  bytesPerScheduled: number;
}

/** With so many open messages and so many worker processes. Processor times are for each message. */
export interface GrowthMeasurement {
  open: number;
  workers: number;
  messagesPerSecond: Spread;
  /** Over the messages per second beside the fewest open ones, round by round. */
  ratio: Spread;
  acceptedMs: Latency;
  endToEndMs: Latency;
  processorMs: { server: number; api: number; workers: number };
  databaseBytesPerMessage: number;
  /** Resident after the last round; of the workers, the largest. */
  residentBytes: { server: number; api: number; worker: number };
}

/** Throughput beside the most open messages, of that beside the fewest: at least. */
export const LEAST_RATIO = 0.9;

/** @param rounds of all sizes and numbers of workers, in the order in which they were run */
export function growthMeasurements(rounds: readonly GrowthRound[]): GrowthMeasurement[] {
  const fewest = Math.min(...rounds.map(({ open }) => open));
  const of = (open: number, workers: number): GrowthRound[] =>
    rounds.filter((round) => round.open === open && round.workers === workers);
  const kinds = new Map(
    rounds.map(({ open, workers }) => [`${open} ${workers}`, { open, workers }]),
  );
  return [...kinds.values()].map(({ open, workers }) =>
    measurementOf(of(open, workers), of(fewest, workers)),
  );
}

function measurementOf(
  rounds: readonly GrowthRound[],
  besideFewest: readonly GrowthRound[],
): GrowthMeasurement {
  const [first] = rounds;
  const last = rounds.at(-1);
  if (!first || !last) throw new RangeError('Nothing was measured.');
  const sendings = rounds.flatMap((round) => round.sendings);
  const perMessage = (used: (usage: Usage) => number): number =>
    rounds.reduce((sum, { after, before }) => sum + used(after) - used(before), 0) /
    sendings.length;
  const ratios = rounds.map(
    ({ messagesPerSecond }, index) =>
      messagesPerSecond / (besideFewest[index]?.messagesPerSecond ?? NaN),
  );
  return {
    open: first.open,
    workers: first.workers,
    messagesPerSecond: spread(rounds.map(({ messagesPerSecond }) => messagesPerSecond)),
    ratio: spread(ratios),
    acceptedMs: latency(sendings.map(({ acceptedMs }) => acceptedMs)),
    endToEndMs: latency(sendings.map(({ completedMs }) => completedMs)),
    processorMs: {
      server: perMessage(({ server }) => server.processorMs),
      api: perMessage(({ api }) => api.processorMs),
      workers: perMessage(({ workers }) =>
        workers.reduce((sum, { processorMs }) => sum + processorMs, 0),
      ),
    },
    databaseBytesPerMessage: perMessage(({ databaseBytes }) => databaseBytes),
    residentBytes: {
      server: last.after.server.residentBytes,
      api: last.after.api.residentBytes,
      worker: Math.max(...last.after.workers.map(({ residentBytes }) => residentBytes)),
    },
  };
}

/** Of each number of workers: the median of all rounds beside the most open messages. */
export function growthTarget(measurements: readonly GrowthMeasurement[]): {
  name: string;
  limit: number;
  figure: number;
  met: boolean;
} {
  const most = Math.max(...measurements.map(({ open }) => open));
  const figure = median(
    measurements.filter(({ open }) => open === most).map(({ ratio }) => ratio.median),
  );
  const name = `Messages/s beside ${most} open ones, of those beside the fewest: at least`;
  return { name, limit: LEAST_RATIO, figure, met: figure >= LEAST_RATIO };
}

const MIB = 2 ** 20;

export function growthTable(
  measurements: readonly GrowthMeasurement[],
  fillings: readonly Filling[],
): string {
  const { figure, limit, met, name } = growthTarget(measurements);
  return [
    textTable([
      ['open', 'dead letters', 'scheduled', 'scheduled/s', 'bytes each'],
      ...fillings.map(({ bytesPerScheduled, deadLetters, open, scheduled, scheduledPerSecond }) =>
        [open, deadLetters, scheduled, scheduledPerSecond, bytesPerScheduled].map(whole),
      ),
    ]),
    textTable([
      [
        '',
        '',
        '',
        'of the',
        'accepted',
        'end to end',
        '',
        'CPU ms per message',
        '',
        '',
        'bytes per',
        'MiB',
        '',
        '',
      ],
      [
        'open',
        'workers',
        'messages/s',
        'fewest',
        'p99 ms',
        'p50 ms',
        'p99 ms',
        'server',
        'API',
        'workers',
        'message',
        'server',
        'API',
        'worker',
      ],
      ...measurements.map(row),
    ]),
    `${name} ${limit}: ${figure.toFixed(2)} ${met ? 'met' : 'MISSED'}`,
  ].join('\n\n');
}

function row(measurement: GrowthMeasurement): string[] {
  const { acceptedMs, endToEndMs, processorMs, residentBytes } = measurement;
  return [
    whole(measurement.open),
    whole(measurement.workers),
    measurement.messagesPerSecond.median.toFixed(1),
    measurement.ratio.median.toFixed(2),
    ...[acceptedMs.p99, endToEndMs.p50, endToEndMs.p99].map(whole),
    ...[processorMs.server, processorMs.api, processorMs.workers].map((ms) => ms.toFixed(1)),
    whole(measurement.databaseBytesPerMessage),
    ...[residentBytes.server, residentBytes.api, residentBytes.worker].map((bytes) =>
      whole(bytes / MIB),
    ),
  ];
}

function whole(figure: number): string {
  return String(Math.round(figure));
}
