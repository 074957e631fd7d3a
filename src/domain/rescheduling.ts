/** Another time for a message that has not begun. Plain data, since workflow code, the API and the store share it. */

/** When a message is delivered. All times are ISO 8601. */
export interface Schedule {
  /** Not posted before this time; without it, at once. */
  deliverAt?: string | undefined;
  /** Never posted after this time. */
  expiresAt?: string | undefined;
}

/** A field that is left out stays as it is; null removes the time. */
export interface RescheduleRequest {
  deliverAt?: string | null | undefined;
  expiresAt?: string | null | undefined;
  by?: string | undefined;
  reason?: string | undefined;
}

/**
 * Why a message can't be rescheduled: `begun` (or ended), `expires_first` (before it would be posted), or `erased_first` (its content
 * would be).
 */
export type RescheduleRefusal = 'begun' | 'expires_first' | 'erased_first';

export function rescheduled(
  schedule: Schedule,
  { deliverAt, expiresAt }: RescheduleRequest,
): Schedule {
  return {
    deliverAt: deliverAt === undefined ? schedule.deliverAt : (deliverAt ?? undefined),
    expiresAt: expiresAt === undefined ? schedule.expiresAt : (expiresAt ?? undefined),
  };
}

/** Whether the message would expire before it could be posted. */
export function expiresFirst({ deliverAt, expiresAt }: Schedule): boolean {
  return (
    deliverAt !== undefined &&
    expiresAt !== undefined &&
    Date.parse(expiresAt) <= Date.parse(deliverAt)
  );
}
