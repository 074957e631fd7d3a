/** `mute:` of a route: when its events are not posted, in the time of a place. */
import { z } from 'zod';
import type { SourceEvent } from '../domain/event.js';
import { nearest } from '../lib/nearest.js';
import { compileMatch, matchSchema } from './match.js';
import { DAY_MINUTES, WallClock } from './wallClock.js';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const timeOfDay = z
  // YAML 1.1 readers make a number of an unquoted 22:00; it is a text in YAML 1.2.
  .string({ error: 'must be a time of day in quotes, as "22:00"' })
  .regex(/^(?:(?:[01]?\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a time of day, as "22:00"')
  .transform((text) => {
    const [hours = 0, minutes = 0] = text.split(':').map(Number);
    return hours * 60 + minutes;
  });

const timeZone = z.string().transform((name, context) => {
  try {
    return new WallClock(name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const meant = nearest(name, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
    const remedy = meant === undefined ? 'use a name as Europe/Berlin' : `did you mean "${meant}"?`;
    context.addIssue({ code: 'custom', message: `there is no time zone "${name}"; ${remedy}` });
    return z.NEVER;
  }
});

const day = z
  .string()
  .transform((text) => text.trim().toLowerCase().slice(0, 3))
  .pipe(z.enum(DAYS, { error: `must be days of the week: ${DAYS.join(', ')}` }));

const windowSchema = z
  .strictObject({
    /** On which days it begins. */
    days: z
      .array(day)
      .min(1, 'must name at least one day')
      .default([...DAYS]),
    from: timeOfDay.prefault('00:00'),
    /** Where it isn't later than `from`, on the next day. */
    to: timeOfDay.prefault('24:00'),
    timeZone,
    /** The events that are posted all the same. */
    except: matchSchema.optional(),
  })
  .refine(({ from, to }) => from !== to, {
    path: ['to'],
    error: 'must differ from "from"; leave both out for the whole day',
  });

/** One window, or several. */
export const muteSchema = z.preprocess(
  (given): unknown[] => (Array.isArray(given) ? given : [given]),
  z.array(windowSchema).min(1, 'must name at least one window'),
);

/** Until when, in milliseconds since the epoch; undefined where it has no end. */
export interface Muted {
  until: number | undefined;
}

/** Whether an event that arrives at this time is muted. */
export type MuteCheck = (event: SourceEvent, now: number) => Muted | undefined;

type EndOf = (event: SourceEvent, now: number) => number | undefined;

/** Windows that follow each other without a gap are joined; so many of them have a whole week. */
const LONGEST_CHAIN = 64;

export function compileMute(windows: z.output<typeof muteSchema>): MuteCheck {
  const ends = windows.map(compileWindow);
  return (event, now) => {
    let until: number | undefined;
    for (let joined = 0; joined <= LONGEST_CHAIN; joined += 1) {
      const from = until ?? now;
      const later = ends.flatMap((endOf) => endOf(event, from) ?? []);
      if (later.length === 0) return until === undefined ? undefined : { until };
      until = Math.max(...later);
    }
    return { until: undefined };
  };
}

/** When the window ends in which this time is; undefined outside of it. */
function compileWindow(window: z.output<typeof windowSchema>): EndOf {
  const { except, from, timeZone: clock, to } = window;
  const days = new Set(window.days.map((each) => DAYS.indexOf(each)));
  const isExcepted = except && compileMatch(except);
  return (event, now) => {
    if (isExcepted?.(event) === undefined && isExcepted) return undefined;
    const { minutes, weekday } = clock.at(now);
    const isOvernight = to < from;
    if (days.has(weekday) && minutes >= from && (isOvernight || minutes < to)) {
      return clock.next(now, isOvernight ? to + DAY_MINUTES : to);
    }
    const yesterday = (weekday + DAYS.length - 1) % DAYS.length;
    if (isOvernight && days.has(yesterday) && minutes < to) return clock.next(now, to);
    return undefined;
  };
}
