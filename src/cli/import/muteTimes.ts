/** Alertmanager's time intervals as windows of `mute`. */
import { own } from '../../lib/own.js';
import { isMap, listIn, textIn, type AlertmanagerFile, type Path } from './alertmanagerFile.js';

export interface MuteWindow {
  days?: string[];
  from?: string;
  to?: string;
  timeZone: string;
}

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const NOT_TRANSLATED = ['days_of_month', 'months', 'years'];

/** By name. An interval that `mute` can't say is left out, with a note: what it muted is posted. */
export function muteWindows(file: AlertmanagerFile): Map<string, MuteWindow[]> {
  const windows = new Map<string, MuteWindow[]>();
  for (const key of ['time_intervals', 'mute_time_intervals']) {
    listIn(file.content, key).forEach((interval, index) => {
      if (!isMap(interval)) return;
      const path = [key, index];
      const parts = listIn(interval, 'time_intervals');
      windows.set(
        textIn(interval, 'name') ?? '',
        parts.flatMap((part, position) =>
          isMap(part) ? windowsOf(part, [...path, 'time_intervals', position], file) : [],
        ),
      );
    });
  }
  return windows;
}

function windowsOf(
  part: Record<string, unknown>,
  path: Path,
  file: AlertmanagerFile,
): MuteWindow[] {
  const unknown = NOT_TRANSLATED.find((key) => own(part, key) !== undefined);
  if (unknown !== undefined) {
    file.note([...path, unknown], 'is not translated: what it muted is posted');
    return [];
  }
  const days = listIn(part, 'weekdays').flatMap((each) => daysOf(String(each)));
  const base = {
    ...(days.length > 0 && { days: [...new Set(days)] }),
    timeZone: textIn(part, 'location') ?? 'UTC',
  };
  const times = listIn(part, 'times').filter(isMap);
  if (times.length === 0) return [base];
  return times.map((time) => ({
    ...base,
    from: textIn(time, 'start_time') ?? '00:00',
    to: textIn(time, 'end_time') ?? '24:00',
  }));
}

/** Of a day, or of several as `monday:friday`. */
function daysOf(range: string): string[] {
  const [first = '', last = first] = range.toLowerCase().split(':');
  const from = DAYS.indexOf(first);
  const to = DAYS.indexOf(last);
  return DAYS.filter((_day, index) => index >= from && index <= to).map((day) => day.slice(0, 3));
}
