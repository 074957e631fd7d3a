import { at, isObject, textAt, type JsonObject } from '../json.js';

/** A request of Sentry's, by what it is about. */
export interface Hook {
  /** As `issue`, `event_alert`, `metric_alert`, `error`, `comment`, `installation`; others are shown by their names. */
  resource: string;
  /** As `created`, `triggered`, `resolved`. */
  action: string;
  data: JsonObject;
  payload: JsonObject;
  /** When Sentry made the request, in seconds since 1970; 0 where it doesn't say. */
  sentAtS: number;
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

/** @param headers `Sentry-Hook-Resource` and `Sentry-Hook-Timestamp`, which a proxy may have taken out */
export function hookOf(
  headers: { resource: string | undefined; timestamp: string | undefined },
  payload: JsonObject,
): Hook {
  const given = at(payload, 'data');
  const data = isObject(given) ? given : {};
  const found = BY_DATA.find(([name]) => at(data, name) !== undefined)?.[1];
  const named = headers.resource?.trim() ?? '';
  const sentAtS = Number(headers.timestamp);
  return {
    resource: named === '' ? (found ?? 'unknown') : named,
    action: textAt(payload, 'action') ?? 'sent',
    data,
    payload,
    sentAtS: Number.isFinite(sentAtS) ? sentAtS : 0,
  };
}
