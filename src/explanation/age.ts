import { formatDuration } from '../lib/formatDuration.js';

const JUST_NOW_MS = 5_000;

/** How long ago a time was, by its largest unit: `12m ago`. @param at ISO 8601 */
export function formatAge(at: string, now: Date): string {
  const ms = now.getTime() - Date.parse(at);
  if (Math.abs(ms) < JUST_NOW_MS) return 'just now';
  const [largest] = formatDuration(Math.abs(Math.round(ms / 1_000) * 1_000)).split(' ');
  return ms > 0 ? `${largest} ago` : `in ${largest}`;
}
