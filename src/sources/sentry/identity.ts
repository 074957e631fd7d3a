import { createHash } from 'node:crypto';
import { at, textAt } from '../json.js';
import type { Hook } from './hook.js';

/** Sentry sends again within a quarter of an hour, if at all. */
const SAME_REQUEST_WITHIN_S = 3_600;

/**
 * What is the same when Sentry sends something again: `Request-ID` and the time in the headers are not. An issue may be resolved
 * many times, so what changes in between belongs to its identity. A person may also resolve it, undo that and resolve it again,
 * which changes nothing but the hour.
 */
export function keyOf({ action, data, payload, resource, sentAtS }: Hook): string {
  const hour = Math.floor(sentAtS / SAME_REQUEST_WITHIN_S);
  const identity = identityOf({ resource, action, data, hour });
  const known = identity.every((part) => part !== undefined);
  // Without an identity, the bytes are all there is.
  const parts = known ? identity : [hash(payload)];
  return [resource, action, ...parts].join('/');
}

function identityOf({
  action,
  data,
  hour,
  resource,
}: Pick<Hook, 'action' | 'data' | 'resource'> & { hour: number }): (string | undefined)[] {
  switch (resource) {
    case 'issue':
      return [
        textAt(data, 'issue', 'id'),
        hash([
          hour,
          ...['status', 'substatus', 'statusDetails', 'assignedTo', 'count', 'lastSeen'].map(
            (name) => at(data, 'issue', name),
          ),
        ]),
      ];
    case 'event_alert':
      // One event may trigger several rules.
      return [
        textAt(data, 'event', 'event_id'),
        hash([at(data, 'triggered_rule'), at(data, 'issue_alert', 'title')]),
      ];
    case 'error':
      return [textAt(data, 'error', 'event_id')];
    case 'metric_alert':
      // The description has the numbers at the time.
      return [
        textAt(data, 'metric_alert', 'id'),
        hash([
          at(data, 'metric_alert', 'date_closed'),
          at(data, 'description_title'),
          at(data, 'description_text'),
        ]),
      ];
    case 'comment':
      // The time is that of its creation, so only the text tells one edit from the next.
      return [
        textAt(data, 'comment_id'),
        textAt(data, 'timestamp'),
        ...(action === 'updated' ? [hash([textAt(data, 'comment')])] : []),
      ];
    case 'installation':
      return [textAt(data, 'installation', 'uuid')];
    default:
      return [undefined];
  }
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);
}
