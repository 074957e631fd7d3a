/** The time of day in a time zone of the IANA database, with its changes of summer time. */

/** What a clock on a wall of the zone shows. */
export interface WallTime {
  /** 0 is Sunday. */
  weekday: number;
  /** Since midnight, as the clock shows it. */
  minutes: number;
}

export const DAY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;
const DAY_MS = DAY_MINUTES * MINUTE_MS;

export class WallClock {
  readonly #format: Intl.DateTimeFormat;

  /** @throws RangeError where there is no such time zone */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  at(time: number): WallTime {
    const shown = new Date(this.#shown(time));
    return {
      weekday: shown.getUTCDay(),
      minutes: shown.getUTCHours() * 60 + shown.getUTCMinutes(),
    };
  }

  /**
   * When the clock shows so many minutes after the midnight before `time`, which is later than what it shows then. Of a time of
   * day that comes twice, the first; in place of one that is left out, the moment of the change.
   *
   * @param minutes may be more than a day has
   */
  next(time: number, minutes: number): number {
    const shown = this.#shown(time);
    const wanted = Math.floor(shown / DAY_MS) * DAY_MS + minutes * MINUTE_MS;
    const unchanged = time + wanted - shown;
    const changed = unchanged + wanted - this.#shown(unchanged);
    if (this.#shown(changed) === wanted) return changed;
    return this.#firstAtOrAfter(wanted, changed, unchanged);
  }

  /** Between two moments, of which the clock shows an earlier time at the first. */
  #firstAtOrAfter(wanted: number, before: number, after: number): number {
    let [low, high] = [before, after];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#shown(middle) >= wanted) high = middle;
      else low = middle;
    }
    return high;
  }

  /** What the clock shows, as if it were UTC. In milliseconds since the epoch. */
  #shown(time: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(time)) parts[type] = Number(value);
    const { day = 1, hour = 0, minute = 0, month = 1, second = 0, year = 1970 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }
}
