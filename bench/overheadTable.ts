import type { Both } from './contestants.js';
import type { OverheadFigures, Target } from './overheadFigures.js';
import type { Latency, Spread } from './statistics.js';
import { surroundingsText, type Surroundings } from './surroundings.js';
import { textTable } from './textTable.js';

export interface OverheadReport extends OverheadFigures {
  surroundings: Surroundings;
  targets: Target[];
}

/** Renders the figures as text. */
export function overheadTable(report: OverheadReport): string {
  const { atOnce, alone, eventsPerHistory } = report;
  return [
    surroundingsText(report.surroundings),
    `${atOnce.concurrency} at once, ${atOnce.rounds.length} rounds of ${atOnce.messagesPerRound} messages each, in turns (median, lowest–highest)`,
    textTable([
      ['', 'sendproof', 'bare Temporal', 'ratio'],
      [
        'messages per second',
        spreadText(atOnce.messagesPerSecond.sendproof, 1),
        spreadText(atOnce.messagesPerSecond.bare, 1),
        spreadText(atOnce.ratio, 2),
      ],
      ...latencyRows('accepted', atOnce.acceptedMs),
      ...latencyRows('end to end', atOnce.endToEndMs),
    ]),
    `One at a time, ${alone.messages} messages each, in turns`,
    textTable([
      ['', 'sendproof', 'bare Temporal', 'ratio'],
      ...latencyRows('accepted', alone.acceptedMs),
      ['visible p50', milliseconds(alone.visibleMs.p50)],
      ['visible p99', milliseconds(alone.visibleMs.p99)],
      ...latencyRows('end to end', alone.endToEndMs),
      [
        'events per history',
        String(eventsPerHistory.sendproof),
        String(eventsPerHistory.bare),
        (eventsPerHistory.sendproof / eventsPerHistory.bare).toFixed(2),
      ],
    ]),
    'Targets',
    textTable(
      report.targets.map(({ name, limit, figure, met }) => [
        `${met ? 'met   ' : 'MISSED'} ${name} ${limit}`,
        Number.isInteger(figure) ? String(figure) : figure.toFixed(2),
      ]),
    ),
  ].join('\n\n');
}

function latencyRows(name: string, { sendproof, bare }: Both<Latency>): string[][] {
  return (['p50', 'p99'] as const).map((quantile) => [
    `${name} ${quantile}`,
    milliseconds(sendproof[quantile]),
    milliseconds(bare[quantile]),
    (sendproof[quantile] / bare[quantile]).toFixed(2),
  ]);
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function spreadText({ median, lowest, highest }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${lowest.toFixed(digits)}–${highest.toFixed(digits)})`;
}
