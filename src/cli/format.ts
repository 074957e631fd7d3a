/** Times, durations, statuses and command lines as people read them. */
import type { DeliveryStatus } from '../delivery.js';
import type { Display, Format } from './output.js';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** The two largest units, as `1h 4m` or `38m 31s`; below a minute `2.5s`, below a second `120ms`. */
export function formatDuration(durationMs: number): string {
  const rounded = Math.round(durationMs);
  if (rounded < 1_000) return `${rounded}ms`;
  if (rounded < 60_000) return `${Number((rounded / 1_000).toFixed(1))}s`;
  const first = UNITS.findIndex(([, unitMs]) => rounded >= unitMs);
  let rest = rounded;
  return UNITS.slice(first, first + 2)
    .flatMap(([name, unitMs]) => {
      const count = Math.floor(rest / unitMs);
      rest -= count * unitMs;
      return count === 0 ? [] : [`${count}${name}`];
    })
    .join(' ');
}

/** As `2026-11-23T12:00:00Z (5m ago)`. */
export function formatTime(iso: string, now: Date): string {
  return `${toTheSecond(iso)} (${formatDistance(iso, now)})`;
}

/** As `5m ago` or `in 5m`. */
export function formatDistance(iso: string, now: Date): string {
  const agoMs = now.getTime() - new Date(iso).getTime();
  return agoMs >= 0 ? `${formatDuration(agoMs)} ago` : `in ${formatDuration(-agoMs)}`;
}

export function toTheSecond(iso: string): string {
  return iso.replace(/\.\d+(?=Z|[+-])/u, '');
}

const STATUS_FORMATS: Record<DeliveryStatus, Format> = {
  accepted: 'cyan',
  delivering: 'cyan',
  confirmed: 'green',
  dead_lettered: 'red',
  discarded: 'yellow',
  expired: 'yellow',
  cancelled: 'yellow',
  standby: 'gray',
};

export function formatStatus(status: DeliveryStatus, { style }: Display): string {
  return style(STATUS_FORMATS[status], status);
}

/** A command to paste into a shell. */
export function commandLine(...words: string[]): string {
  return ['sendproof', ...words.map(shellWord)].join(' ');
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
