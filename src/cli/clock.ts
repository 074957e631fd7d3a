/** How commands show a time. They show none in another way; with `--json`, times stay as the API has them. */

export interface TimeSource {
  now: () => Date;
  /** As `Europe/Berlin`; undefined: that of the system (TZ). */
  timeZone: string | undefined;
}

export const SYSTEM_TIME: TimeSource = { now: () => new Date(), timeZone: undefined };

const SECOND_MS = 1_000;
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', SECOND_MS],
] as const;

export class Clock {
  /** The time at which the output is made. */
  readonly now: Date;
  readonly #local: Intl.DateTimeFormat | undefined;

  /** @param inUtc whether a time is shown in UTC, as ISO 8601 with milliseconds and without its age */
  constructor({ now, timeZone }: TimeSource, inUtc: boolean) {
    this.now = now();
    this.#local = inUtc ? undefined : localFormat(timeZone);
  }

  /**
   * As `14:03:07 (2 min ago)` or `14:03:07 (in 3 min)`; on other days `2026-11-23 14:03:07 (3 d ago)`.
   *
   * @param iso ISO 8601
   */
  time(iso: string): string {
    const at = new Date(iso);
    if (!this.#local) return at.toISOString();
    const [day = '', time = ''] = this.#local.format(at).split(' ');
    const shown = this.#local.format(this.now).startsWith(day) ? time : `${day} ${time}`;
    return `${shown} (${ageOf(at, this.now)})`;
  }

  /** The present time, which has no age. */
  present(): string {
    return this.#local?.format(this.now).split(' ')[1] ?? this.now.toISOString();
  }
}

/** Swedish dates and times are those of ISO 8601: `2026-11-23 14:03:07`. */
function localFormat(timeZone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone });
}

/** By its largest unit. */
function ageOf(at: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - at.getTime()) / SECOND_MS);
  const distanceMs = Math.abs(seconds) * SECOND_MS;
  const [name, unitMs] = UNITS.find(([, ms]) => distanceMs >= ms) ?? [];
  if (unitMs === undefined) return 'now';
  const distance = `${Math.floor(distanceMs / unitMs)} ${name}`;
  return seconds > 0 ? `${distance} ago` : `in ${distance}`;
}
