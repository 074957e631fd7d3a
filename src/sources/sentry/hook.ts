import { at, isObject, textAt, type JsonObject } from '../json.js';

/** A request of Sentry's, by what it is about. */
export interface Hook {
  /** As `issue`, `event_alert`, `metric_alert`, `error`, `comment`, `installation`; others are shown by their names. */
  resource: string;
  /** As `created`, `triggered`, `resolved`. */
  action: string;
  data: JsonObject;
  payload: JsonObject;
}

/** What the data of each resource is called. */
const BY_DATA: readonly (readonly [name: string, resource: string])[] = [
  ['metric_alert', 'metric_alert'],
  ['comment_id', 'comment'],
  ['event', 'event_alert'],
  ['error', 'error'],
  ['issue', 'issue'],
  ['installation', 'installation'],
];

/** @param header `Sentry-Hook-Resource`, which a proxy may have taken out */
export function resourceOf(header: string | undefined, payload: JsonObject): Hook {
  const given = at(payload, 'data');
  const data = isObject(given) ? given : {};
  const found = BY_DATA.find(([name]) => at(data, name) !== undefined)?.[1];
  const named = header?.trim() ?? '';
  return {
    resource: named === '' ? (found ?? 'unknown') : named,
    action: textAt(payload, 'action') ?? 'sent',
    data,
    payload,
  };
}
