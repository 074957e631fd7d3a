/** A time as part of a sentence: `12:00:05 UTC` today, `2026-11-23 12:00:05 UTC` on other days. `at` is ISO 8601. */
export function formatTime(at: string, now: Date): string {
  const iso = new Date(at).toISOString();
  const [day = '', rest = ''] = iso.split('T');
  const time = `${rest.slice(0, 8)} UTC`;
  return now.toISOString().startsWith(day) ? time : `${day} ${time}`;
}
