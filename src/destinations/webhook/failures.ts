/** Classifies every answer of a receiver of webhooks that is not a success. */
import { DeliveryError } from '../../domain/delivery.js';
import { failureOfStatus, permanent, type Failure } from '../../http/failure.js';
import type { HttpAnswer } from '../../http/transport.js';

const GONE = permanent('destination_not_found');

/** The statuses with a more specific meaning than in HTTP. Redirects are not followed, as the specification recommends. */
const BY_STATUS: Partial<Record<number, Failure>> = { 301: GONE, 308: GONE, 404: GONE, 410: GONE };

const REMEDIES: Partial<Record<number, string>> = {
  301: 'it has moved: configure its new URL, since redirects are not followed',
  308: 'it has moved: configure its new URL, since redirects are not followed',
  401: 'check that it has the same signing secret, and that both clocks are right',
  404: 'check its URL',
  410: 'it no longer wants what is sent: remove it from the routes, or configure its new URL',
};

/** Undefined for a success: any 2xx, whatever its body. */
export function receiverFailure({ retryAfterMs, status }: HttpAnswer): DeliveryError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const remedy = REMEDIES[status];
  return new DeliveryError(
    `The webhook’s receiver answered HTTP ${status}${remedy ? `: ${remedy}` : ''}.`,
    { ...(BY_STATUS[status] ?? failureOfStatus(status)), httpStatus: status, retryAfterMs },
  );
}
