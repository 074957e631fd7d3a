/** Times, durations and statuses as people read them. */
import type { DeliveryStatus } from '../domain/delivery.js';
import { formatDuration } from '../lib/formatDuration.js';
import type { Display, Format } from './output.js';

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

const STATUS_FORMATS: Record<DeliveryStatus | 'queued', Format> = {
  queued: 'cyan',
  accepted: 'cyan',
  delivering: 'cyan',
  confirmed: 'green',
  dead_lettered: 'red',
  discarded: 'yellow',
  expired: 'yellow',
  cancelled: 'yellow',
  muted: 'yellow',
  grouped: 'green',
  superseded: 'gray',
  standby: 'gray',
};

export function formatStatus(status: DeliveryStatus | 'queued', { style }: Display): string {
  return style(STATUS_FORMATS[status], status);
}
